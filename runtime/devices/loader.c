/* SPDX-License-Identifier: MIT */
/* Why no device may have been found. OpenCL says only that there is none; here its loader is named, every vendor file
 * that it would read is tried by dlopen, and what keeps a GPU from being seen is looked for (rights on /dev/dri, a
 * driver that must be asked for). */
#define _GNU_SOURCE /* dladdr */
#include "loader.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cl_api.h"
#include "files.h"
#include "settings.h"

/* cl_loader_info of the extension registry; older headers lack it. */
enum { LOADER_OCL_VERSION = 1, LOADER_VERSION = 2, LOADER_NAME = 3 };
typedef cl_int loader_info_fn(cl_uint what, size_t size, void *out, size_t *length);

/* ISO C has no cast from an object's address to a function's. */
static loader_info_fn *loader_function(void) {
    loader_info_fn *info = NULL;
    void *address = dlsym(RTLD_DEFAULT, "clGetICDLoaderInfoOCLICD");
    if (!address) { /* the Khronos loader hands it out as it does extensions */
        void *(*extension)(const char *) = NULL;
        void *symbol = dlsym(RTLD_DEFAULT, "clGetExtensionFunctionAddress");
        memcpy(&extension, &symbol, sizeof symbol);
        if (extension) address = extension("clGetICDLoaderInfoOCLICD");
    }
    memcpy(&info, &address, sizeof address);
    return info;
}

void loader_describe(char *out, size_t size) {
    char name[128] = "", version[128] = "", opencl[128] = "", path[4096] = "";
    Dl_info where;
    void *symbol = dlsym(RTLD_DEFAULT, "clGetPlatformIDs");
    if (symbol && dladdr(symbol, &where) && where.dli_fname) {
        /* libOpenCL.so.1 is a link to the name that has the version. */
        char *real = realpath(where.dli_fname, NULL);
        snprintf(path, sizeof path, "%s", real ? real : where.dli_fname);
        free(real);
    }
    loader_info_fn *info = loader_function();
    if (info && info(LOADER_NAME, sizeof name - 1, name, NULL) == CL_SUCCESS &&
        info(LOADER_VERSION, sizeof version - 1, version, NULL) == CL_SUCCESS &&
        info(LOADER_OCL_VERSION, sizeof opencl - 1, opencl, NULL) == CL_SUCCESS)
        snprintf(out, size, "%s %s (%s), %s", name, version, opencl, path);
    else
        snprintf(out, size, "%s", path[0] ? path : "unknown");
}

static void loader_report_library(struct string_buffer *t, const char *origin, const char *library) {
    if (!library[0])
        string_buffer_add(t, "    %s: names no library\n", origin);
    else if (dlopen(library, RTLD_LAZY | RTLD_LOCAL)) /* stays open: some drivers do not survive dlclose */
        string_buffer_add(t, "    %s: %s loads, and offers no device\n", origin, library);
    else
        string_buffer_add(t, "    %s: %s\n", origin, dlerror());
}

static void loader_report_file(struct string_buffer *t, const char *path) {
    unsigned char *content = NULL;
    size_t length = 0;
    struct alexcl_error why = {0};
    if (files_read(path, 4096, &content, &length, &why) != ALEXCL_OK) {
        string_buffer_add(t, "    %s\n", why.text);
        return;
    }
    char *library = (char *)content + strspn((char *)content, " \t");
    library[strcspn(library, "\r\n")] = '\0';
    loader_report_library(t, path, library);
    free(content);
}

static int loader_ends_with(const char *text, const char *end) {
    size_t a = strlen(text), b = strlen(end);
    return a >= b && strcmp(text + a - b, end) == 0;
}

static void loader_report_folder(struct string_buffer *t, const char *folder, const char *origin) {
    char path[4096];
    struct dirent **all = NULL;
    int count = scandir(folder, &all, NULL, alphasort), seen = 0;
    string_buffer_add(t, "  vendor files of %s (%s):\n", folder, origin);
    if (count < 0) {
        string_buffer_add(t, "    %s\n", errno == ENOENT ? "no such folder" : strerror(errno));
        return;
    }
    for (int i = 0; i < count; i++) {
        if (loader_ends_with(all[i]->d_name, ".icd")) {
            snprintf(path, sizeof path, "%s%s%s", folder, loader_ends_with(folder, "/") ? "" : "/", all[i]->d_name);
            loader_report_file(t, path);
            seen++;
        }
        free(all[i]);
    }
    free(all);
    if (!seen) string_buffer_add(t, "    none\n");
}

void loader_report_vendors(struct string_buffer *t) {
    const char *files = settings_environment("OCL_ICD_FILENAMES"), *vendors = settings_environment("OCL_ICD_VENDORS"),
               *folder = settings_environment("OPENCL_VENDOR_PATH"),
               *origin = folder ? "OPENCL_VENDOR_PATH" : "the system's";
    struct stat info;
    if (!folder) folder = "/etc/OpenCL/vendors";
    if (files) { /* the Khronos loader: libraries with colons between */
        string_buffer_add(t, "  libraries of OCL_ICD_FILENAMES:\n");
        for (size_t length; *files; files += length + (files[length] != '\0')) {
            char library[4096];
            length = strcspn(files, ":");
            snprintf(library, sizeof library, "%.*s", (int)length, files);
            if (length) loader_report_library(t, "OCL_ICD_FILENAMES", library);
        }
    }
    if (!vendors) {
        loader_report_folder(t, folder, origin);
    } else if (stat(vendors, &info) == 0 && !S_ISDIR(info.st_mode) && loader_ends_with(vendors, ".icd")) {
        string_buffer_add(t, "  the vendor file that OCL_ICD_VENDORS names:\n");
        loader_report_file(t, vendors);
    } else if (stat(vendors, &info) == 0 && !S_ISDIR(info.st_mode)) { /* ocl-icd takes a library too */
        string_buffer_add(t, "  the library that OCL_ICD_VENDORS names:\n");
        loader_report_library(t, "OCL_ICD_VENDORS", vendors);
    } else {
        loader_report_folder(t, vendors, "OCL_ICD_VENDORS");
    }
}

void loader_report_hints(struct string_buffer *t) {
    DIR *dir = opendir("/dev/dri");
    /* a platform or a vendor file told of above */
    int nodes = 0, closed = 0, mesa = t->text && strstr(t->text, "rusticl") != NULL;
    for (const struct dirent *e; dir && (e = readdir(dir)) != NULL;) {
        char path[300];
        if (strncmp(e->d_name, "renderD", 7) != 0) continue;
        snprintf(path, sizeof path, "/dev/dri/%s", e->d_name);
        nodes++;
        closed += access(path, R_OK | W_OK) != 0;
    }
    if (dir) closedir(dir);
    if (closed)
        string_buffer_add(
            t, "  there is a GPU (/dev/dri) that this user may not use: add the user to the group `render` (sudo "
               "usermod -aG render $USER) and log in again\n");
    if ((nodes || mesa) && !settings_environment("RUSTICL_ENABLE"))
        string_buffer_add(
            t, "  Mesa's OpenCL (rusticl) shows a device only when its driver is named: RUSTICL_ENABLE=radeonsi "
               "(AMD), iris (Intel), nouveau or llvmpipe "
               "(the CPU)\n");
}

/* Whether a folder is there and can be written, or can be made. */
static int loader_can_write(const char *folder) {
    char path[4096];
    snprintf(path, sizeof path, "%s", folder);
    while (access(path, F_OK) != 0) {
        char *slash = strrchr(path, '/');
        if (!slash) return access(".", W_OK | X_OK) == 0;
        slash[slash == path] = '\0';
    }
    return access(path, W_OK | X_OK) == 0;
}

void loader_report_pocl(struct string_buffer *t) {
    const char *own = settings_environment("POCL_CACHE_DIR"), *xdg = settings_environment("XDG_CACHE_HOME"),
               *home = settings_environment("HOME");
    char folder[4096];
    if (own)
        snprintf(folder, sizeof folder, "%s", own);
    else if (xdg)
        snprintf(folder, sizeof folder, "%s/pocl", xdg);
    else if (home)
        snprintf(folder, sizeof folder, "%s/.cache/pocl", home);
    else
        snprintf(folder, sizeof folder, "/tmp/pocl");
    if (loader_can_write(folder))
        string_buffer_add(t, "PoCL offers no device, though its cache, %s, can be written: POCL_DEBUG=all tells more\n",
                          folder);
    else
        string_buffer_add(t,
                          "PoCL offers no device where it cannot write its cache, %s, and this user cannot; "
                          "POCL_CACHE_DIR=FOLDER names another\n",
                          folder);
}
