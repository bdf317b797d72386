/* SPDX-License-Identifier: MIT */
/* What people write: lists of images, names of classes, arrays of numbers; good and bad. */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support_files.h"
#include "image_list.h"
#include "labels.h"

static struct alexcl_error err;

START_TEST(lists_are_read_as_people_write_them) {
    static const char text[] =
        "\xef\xbb\xbf# a comment\r\n\r\n  a.png \t 3 # behind\n\"with a blank.png\"\t\"tabby cat\"\r\n/abs/olute.png\n"
        "\"a \\\"quote\\\" and \\\\.png\"\nlast.png";
    struct image_list list;
    mkdir("lists", 0700);
    write_file("lists/good.txt", text, sizeof text - 1);
    EXPECT_OK(image_list_read("lists/good.txt", &list, &err), err);
    static const struct {
        int line;
        const char *path, *shown, *label;
    } want[] = {{3, "lists/a.png", "a.png", "3"},
                {4, "lists/with a blank.png", "with a blank.png", "tabby cat"},
                {5, "/abs/olute.png", "/abs/olute.png", NULL},
                {6, "lists/a \"quote\" and \\.png", "a \"quote\" and \\.png", NULL},
                {7, "lists/last.png", "last.png", NULL}};
    ck_assert_uint_eq(list.count, sizeof want / sizeof want[0]);
    for (size_t i = 0; i < list.count; i++) {
        ck_assert_int_eq(list.entries[i].line, want[i].line);
        ck_assert_str_eq(list.entries[i].path, want[i].path);
        ck_assert_str_eq(list.entries[i].shown, want[i].shown);
        ck_assert_pstr_eq(list.entries[i].label, want[i].label);
        ck_assert_ptr_null(list.entries[i].error);
    }
    image_list_free(&list);
    image_list_free(&list);
}
END_TEST

START_TEST(bad_lines_are_entries_with_an_error) {
    static const char text[] = "\"open.png\n\"closed\"right.png\na.png 1 2\nzero\0byte.png\n\"\"\ngood.png\n";
    enum { LONGEST = 65536, BEYOND = 1 << 20 };
    char *longest = malloc(BEYOND);
    struct image_list list;
    write_file("bad.txt", text, sizeof text - 1);
    EXPECT_OK(image_list_read("bad.txt", &list, &err), err);
    ck_assert_uint_eq(list.count, 6);
    for (size_t i = 0; i < 5; i++) ck_assert_msg(list.entries[i].error != NULL, "line %zu is taken", i + 1);
    ck_assert_ptr_null(list.entries[5].error);
    image_list_free(&list);
    /* The longest line there may be, between a byte order mark and CR; then longer ones, named; the line behind is
     * read. */
    memset(longest, 'x', BEYOND);
    memcpy(longest, "\xef\xbb\xbf", 3);
    memcpy(longest + 3 + LONGEST, "\r\nnext.png\n", 11);
    write_file("long.txt", longest, 3 + LONGEST + 11);
    EXPECT_OK(image_list_read("long.txt", &list, &err), err);
    ck_assert_uint_eq(list.count, 2);
    ck_assert_ptr_null(list.entries[0].error);
    ck_assert_uint_eq(strlen(list.entries[0].path), LONGEST);
    image_list_free(&list);
    static const int longer[] = {LONGEST + 1, LONGEST + 2, LONGEST + 3, LONGEST + 4,
                                 LONGEST + 5, LONGEST + 6, BEYOND - 20};
    for (size_t i = 0; i < sizeof longer / sizeof *longer; i++)
        for (int mark = 0; mark <= 3; mark += 3) {
            memset(longest, 'x', BEYOND);
            memcpy(longest, "\xef\xbb\xbf", (size_t)mark);
            /* where the line is cut; not at its end, where any number may stand */
            if (i > 0) longest[mark + LONGEST] = '\r';
            memcpy(longest + mark + longer[i], "\r\nnext.png\n", 11);
            write_file("long.txt", longest, (size_t)(mark + longer[i] + 11));
            EXPECT_OK(image_list_read("long.txt", &list, &err), err);
            ck_assert_uint_eq(list.count, 2);
            ck_assert_pstr_eq(list.entries[0].error, "the line is longer than 64 KiB");
            ck_assert_int_eq(list.entries[1].line, 2);
            ck_assert_str_eq(list.entries[1].path, "next.png");
            image_list_free(&list);
        }
    free(longest);
    EXPECT_ERROR(image_list_read("missing.txt", &list, &err), ALEXCL_E_DATA, "missing.txt", err);
    EXPECT_ERROR(image_list_read(".", &list, &err), ALEXCL_E_DATA, "folder", err);
}
END_TEST

/* What is no list is told once, by what it is, from a file and from a pipe. */
START_TEST(what_is_no_list_is_named) {
    static const struct {
        const char *bytes;
        size_t length;
        const char *says;
    } others[] = {
        {"\xff\xfe"
         "a\0.\0p\0n\0g\0\n\0",
         14, "is a text in UTF-16, as PowerShell's > writes it, not a list of pictures; iconv -f UTF-16 -t UTF-8"},
        {"\xfe\xff\0a\0.\0p\0n\0g\0\n", 14, "iconv -f UTF-16 -t UTF-8"},
        {"a\0.\0p\0n\0g\0\n\0", 12, "iconv -f UTF-16LE -t UTF-8"},
        {"\x93NUMPY\1\0\x76\0{", 11, "is an array of NumPy (.npy), not a list of pictures; --input FILE"},
        {"RIFF\x0a\0\0\0WEBPVP8 ", 16, "is a WebP picture, not a list of pictures; alexcl infer FILE"},
        {"GIF89a\x0a\0\x0a\0\0", 11, "is a GIF picture"},
        {"BM\x0a\0\0\0\0\0\0\0\x36\0\0\0", 14, "is a BMP picture"},
        {"\x89PNG\r\n\x1a\n", 8, "is a PNG picture, not a list of pictures; alexcl infer FILE takes it"},
        {"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", 56, "git lfs pull"},
        {"<!doctype html>\n", 16, "is a web page"},
        {"PK\3\4", 4, "is a zip archive"}};
    struct image_list list;
    EXPECT_ERROR(image_list_read(DATA "/png_gamma.png", &list, &err), ALEXCL_E_DATA, "is a PNG picture", err);
    EXPECT_ERROR(image_list_read(DATA "/jpeg_grey.jpg", &list, &err), ALEXCL_E_DATA, "is a JPEG picture", err);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        write_file("other", others[i].bytes, others[i].length);
        EXPECT_ERROR(image_list_read("other", &list, &err), ALEXCL_E_DATA, others[i].says, err);
        int ends[2];
        char name[32];
        ck_assert_int_eq(pipe(ends), 0);
        ck_assert_int_eq(write(ends[1], others[i].bytes, others[i].length), others[i].length);
        close(ends[1]);
        snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
        EXPECT_ERROR(image_list_read(name, &list, &err), ALEXCL_E_DATA, others[i].says, err);
        close(ends[0]);
    }
    /* A text may begin as it likes, and be shorter or longer than what is looked at. */
    static const char *const texts[] = {"P6 3\nP5 4\n", "BM.png\n\n", "\nRIFF.png\n{\"a\"}\n", "version.png 1\n[a]\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_file("text", texts[i], strlen(texts[i]));
        EXPECT_OK(image_list_read("text", &list, &err), err);
        ck_assert_uint_eq(list.count, 2 - (i == 1));
        image_list_free(&list);
    }
}
END_TEST

/* Lines one after the other across the border of what is looked at first. */
START_TEST(long_lists_are_whole) {
    struct image_list list;
    FILE *file = fopen("many.txt", "w");
    for (int i = 0; i < 3000; i++) fprintf(file, "picture-%d.png %d\n", i, i);
    fclose(file);
    EXPECT_OK(image_list_read("many.txt", &list, &err), err);
    ck_assert_uint_eq(list.count, 3000);
    for (int i = 0; i < 3000; i++) {
        char name[32], label[16];
        snprintf(name, sizeof name, "picture-%d.png", i);
        snprintf(label, sizeof label, "%d", i);
        ck_assert_str_eq(list.entries[i].path, name);
        ck_assert_str_eq(list.entries[i].label, label);
    }
    image_list_free(&list);
}
END_TEST

static void expect_first(const char *list_path, const char *want) {
    struct image_list list;
    EXPECT_OK(image_list_read(list_path, &list, &err), err);
    ck_assert_uint_eq(list.count, 1);
    ck_assert_str_eq(list.entries[0].path, want);
    image_list_free(&list);
}

/* Names start at the list's folder, but at the working folder where a program writes the list. */
START_TEST(names_start_at_the_lists_folder_or_where_there_is_none_here) {
    mkdir("far", 0700);
    write_file("far/list.txt", "a.png\n", 6);
    static const char *const left[] = {"link.txt", "far/stdin", "far/again", "far/fifo"}; /* by an earlier run */
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) unlink(left[i]);
    ck_assert_int_eq(symlink("far/list.txt", "link.txt"), 0);
    ck_assert_int_eq(symlink("/dev/stdin", "far/stdin"), 0);
    ck_assert_int_eq(symlink("../far/stdin", "far/again"), 0);
    ck_assert_int_eq(mkfifo("far/fifo", 0600), 0);
    expect_first("far/list.txt", "far/a.png");
    expect_first("link.txt", "a.png"); /* the folder that the name tells of */
    static const char *const names[] = {"/dev/stdin", "/dev/fd/0", "/proc/self/fd/0", "far/stdin", "far/again", "-"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (int pipe_it = 0; pipe_it < 2; pipe_it++) {
            int ends[2];
            if (pipe_it) {
                ck_assert_int_eq(pipe(ends), 0);
                ck_assert_int_eq(write(ends[1], "a.png\n", 6), 6);
                close(ends[1]);
            } else {
                ends[0] = open("far/list.txt", O_RDONLY);
            }
            ck_assert_int_eq(dup2(ends[0], 0), 0);
            close(ends[0]);
            clearerr(stdin);
            expect_first(names[i], "a.png");
        }
    if (fork() == 0) {
        int writer = open("far/fifo", O_WRONLY);
        _exit(write(writer, "a.png\n", 6) != 6);
    }
    expect_first("far/fifo", "a.png");
}
END_TEST

/* As `ls` and `find` write them. */
START_TEST(names_with_blanks_need_no_quotes_where_there_is_such_a_file) {
    static const struct {
        const char *line, *path, *label; /* path NULL: the line has an error */
        int blanks;
    } lines[] = {{"my cat.png", "blanks/my cat.png", NULL, 0},
                 {"  my cat.png \t\r", "blanks/my cat.png", NULL, 0},
                 {"my  big  cat #1.png", "blanks/my  big  cat #1.png", NULL, 0},
                 {"./ lead.png", "blanks/./ lead.png", NULL, 0},
                 {"sub/my cat.png", "blanks/sub/my cat.png", NULL, 0},
                 {"IMG 5", "blanks/IMG 5", NULL, 0},
                 {"photo #2.png", "blanks/photo #2.png", NULL, 0},
                 {"plain.png cat.png", "blanks/plain.png", "cat.png", 0}, /* both are files: as before */
                 {"plain.png # my", "blanks/plain.png", NULL, 0},
                 {"your cat.png", "blanks/your", "cat.png", 1},
                 {"your 3", "blanks/your", "3", 0}, /* a label: the name is missing, no quotes are */
                 {"\"my\" cat.png", "blanks/my", "cat.png", 0},
                 {"my cat.png 3", NULL, NULL, 0},
                 {"no such cat.png", NULL, NULL, 0},
                 {"a folder", "blanks/a", "folder", 1}};
    static const char *const files[] = {"my cat.png", "my  big  cat #1.png", " lead.png", "sub/my cat.png",
                                        "IMG 5",      "photo #2.png",        "plain.png", "plain.png cat.png"};
    struct image_list list;
    mkdir("blanks", 0700);
    mkdir("blanks/sub", 0700);
    mkdir("blanks/a folder", 0700);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[64];
        snprintf(path, sizeof path, "blanks/%s", files[i]);
        write_file(path, "x", 1);
    }
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        write_file("blanks/list.txt", lines[i].line, strlen(lines[i].line));
        EXPECT_OK(image_list_read("blanks/list.txt", &list, &err), err);
        ck_assert_uint_eq(list.count, 1);
        struct image_list_entry *e = list.entries, copy = *e; /* which shares its texts, and is settled first */
        image_list_settle(&copy);
        image_list_settle(e);
        if (!lines[i].path) {
            ck_assert_msg(e->error && strstr(e->error, "\"quotes\""), "%s: %s", lines[i].line,
                          e->error ? e->error : "taken");
        } else {
            ck_assert_pstr_eq(e->error, NULL);
            ck_assert_str_eq(e->path, lines[i].path);
            ck_assert_str_eq(e->shown, lines[i].path + 7);
            ck_assert_pstr_eq(e->label, lines[i].label);
            ck_assert_int_eq(e->blanks, lines[i].blanks);
        }
        image_list_free(&list);
    }
}
END_TEST

START_TEST(labels_by_index_name_and_synonym) {
    struct labels *l;
    size_t index;
    EXPECT_OK(labels_open(NULL, 1000, &l, &err), err);
    ck_assert_str_eq(labels_name(l, 281), "tabby, tabby cat");
    ck_assert_str_eq(labels_name(l, 0), "tench, Tinca tinca");
    ck_assert_str_eq(labels_name(l, 999), "toilet tissue, toilet paper, bathroom tissue");
    ck_assert_ptr_null(labels_name(l, 1000));
    static const struct {
        const char *text;
        size_t index;
    } good[] = {{"281", 281},      {"tabby", 281},   {"Tabby Cat", 281}, {"tabby, tabby cat", 281},
                {"espresso", 967}, {"maillot", 638}, {"gong", 577},      {"0", 0},
                {"999", 999},      {"n01440764", 0}, {"n02123045", 281}, {"n15075141", 999}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        EXPECT_OK(labels_find(l, good[i].text, &index, &err), err);
        ck_assert_uint_eq(index, good[i].index);
    }
    EXPECT_ERROR(labels_find(l, "1000", &index, &err), ALEXCL_E_DATA, "0 to 999", err);
    EXPECT_ERROR(labels_find(l, "mussile", &index, &err), ALEXCL_E_DATA, "missile", err);
    /* a synonym */
    EXPECT_ERROR(labels_find(l, "tinca tinka", &index, &err), ALEXCL_E_DATA, "did you mean \"Tinca tinca\"?", err);
    EXPECT_ERROR(labels_find(l, "", &index, &err), ALEXCL_E_DATA, "no class", err);
    EXPECT_ERROR(labels_find(l, "crane", &index, &err), ALEXCL_E_DATA, "classes 134 (crane) and 517 (crane)", err);
    EXPECT_ERROR(labels_find(l, "panda", &index, &err), ALEXCL_E_DATA, "classes 387", err); /* a synonym of both */
    EXPECT_ERROR(labels_find(l, "-1", &index, &err), ALEXCL_E_DATA, "-1", err);
    EXPECT_ERROR(labels_find(l, "99999999999999999999999", &index, &err), ALEXCL_E_DATA, "0 to 999", err);
    labels_free(l);
    EXPECT_OK(labels_open(NULL, 10, &l, &err), err);
    ck_assert_ptr_null(labels_name(l, 3));
    EXPECT_OK(labels_find(l, "3", &index, &err), err);
    EXPECT_ERROR(labels_find(l, "three", &index, &err), ALEXCL_E_DATA, "--labels", err);
    labels_free(l);
    labels_free(NULL);
}
END_TEST

START_TEST(label_files_of_three_forms) {
    static const char *const texts[] = {"zero\r\none, uno\n two\n", "\xef\xbb\xbfzero\none, uno\ntwo\n\n \n",
                                        "[\"zero\", \"one, uno\", \"two\"]",
                                        "{\"0\": [\"n0\", \"zero\"], \"2\": \"two\", \"1\": [\"n1\", \"one, uno\"]}"};
    static const char *const bad[] = {"zero\none\n",
                                      "zero\none\ntwo\nthree\n",
                                      "[\"zero\", 1, \"two\"]",
                                      "[\"zero\"",
                                      "{\"0\": \"a\", \"1\": \"b\", \"x\": \"c\"}",
                                      "{\"0\": \"a\", \"1\": \"b\", \"7\": \"c\"}",
                                      "{\"0\": \"a\", \"0\": \"b\", \"1\": \"c\"}",
                                      "{\"0\": \"a\", \"00\": \"b\", \"2\": \"c\"}",
                                      "{\"18446744073709551616\": \"a\", \"1\": \"b\", \"2\": \"c\"}",
                                      ""};
    struct labels *l;
    size_t index;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        write_file("labels", texts[i], strlen(texts[i]));
        EXPECT_OK(labels_open("labels", 3, &l, &err), err);
        ck_assert_str_eq(labels_name(l, 2), "two");
        EXPECT_OK(labels_find(l, "UNO", &index, &err), err);
        ck_assert_uint_eq(index, 1);
        labels_free(l);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        write_file("labels", bad[i], strlen(bad[i]));
        EXPECT_ERROR(labels_open("labels", 3, &l, &err), ALEXCL_E_DATA, "labels", err);
    }
    static const char *const more[] = {"a\nb\nc\nd\ne\n", "[\"a\",\"b\",\"c\",\"d\",\"e\"]",
                                       "{\"0\": \"a\", \"1\": \"b\", \"4\": [\"n01440764\", \"e\"]}"};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        write_file("labels", more[i], strlen(more[i]));
        EXPECT_ERROR(labels_open("labels", 3, &l, &err), ALEXCL_E_DATA, "names 5 classes, the model has 3", err);
    }
    write_file("labels", "zero\n\ntwo", 9);
    EXPECT_OK(labels_open("labels", 3, &l, &err), err);
    ck_assert_str_eq(labels_name(l, 1), "");
    EXPECT_ERROR(labels_find(l, "one", &index, &err), ALEXCL_E_DATA, "no class", err);
    labels_free(l);
    EXPECT_ERROR(labels_open("missing", 3, &l, &err), ALEXCL_E_DATA, "missing", err);
    EXPECT_ERROR(labels_open(".", 3, &l, &err), ALEXCL_E_DATA, "is a folder; name a file with the classes", err);
}
END_TEST

/* Caffe's synset_words.txt, its neighbours with tabs, and Keras's imagenet_class_index.json, with ids or without. */
START_TEST(label_files_with_wordnet_ids) {
    static const char *const texts[] = {
        "n01440764 tench, Tinca tinca\nn01443537 goldfish, Carassius auratus\nn01484850 great white shark, man-eater\n",
        "n01440764\ttench, Tinca tinca\r\nn01443537\t goldfish, Carassius auratus\r\nn01484850\tgreat white shark, "
        "man-eater\r\n",
        "{\"0\": [\"n01440764\", \"tench, Tinca tinca\"], \"2\": [\"n01484850\", \"great white shark\"], \"1\": "
        "[\"n01443537\", \"goldfish\"]}",
        "[\"n01440764 tench, Tinca tinca\", \"n01443537 goldfish\", \"n01484850 great white shark\"]"};
    static const struct {
        const char *text;
        size_t index;
    } good[] = {{"n01440764", 0},         {"tench", 0},     {"Tinca Tinca", 0}, {"tench, Tinca tinca", 0},
                {"n01440764 tench", 0},   {"n01443537", 1}, {"goldfish", 1},    {"n01484850", 2},
                {"great white shark", 2}, {"1", 1}};
    struct labels *l;
    size_t index;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_file("synsets", texts[i], strlen(texts[i]));
        EXPECT_OK(labels_open("synsets", 3, &l, &err), err);
        ck_assert_str_eq(labels_name(l, 0), "tench, Tinca tinca");
        for (size_t k = 0; k < sizeof good / sizeof *good; k++) {
            EXPECT_OK(labels_find(l, good[k].text, &index, &err), err);
            ck_assert_uint_eq(index, good[k].index);
        }
        EXPECT_ERROR(labels_find(l, "goldfisch", &index, &err), ALEXCL_E_DATA, "did you mean \"goldfish\"?", err);
        EXPECT_ERROR(labels_find(l, "n01440764 goldfish", &index, &err), ALEXCL_E_DATA, "no class has that name", err);
        EXPECT_ERROR(labels_find(l, "n99999999", &index, &err), ALEXCL_E_DATA, "no class has that WordNet id", err);
        labels_free(l);
    }
    /* No ids: other words and numbers, and a file that names its classes by ids alone. */
    static const char no_ids[] = "n0144076 tench\nn014407645 x\nn01443537\n",
                      odd[] = "{\"0\": [1, \"a\"], \"1\": [\"x\", \"b\"], \"2\": [\"n01443537 \", \"c\"]}";
    write_file("synsets", no_ids, sizeof no_ids - 1);
    EXPECT_OK(labels_open("synsets", 3, &l, &err), err);
    ck_assert_str_eq(labels_name(l, 0), "n0144076 tench");
    ck_assert_str_eq(labels_name(l, 1), "n014407645 x");
    EXPECT_OK(labels_find(l, "n01443537", &index, &err), err);
    ck_assert_uint_eq(index, 2);
    labels_free(l);
    write_file("synsets", odd, sizeof odd - 1);
    EXPECT_OK(labels_open("synsets", 3, &l, &err), err);
    EXPECT_ERROR(labels_find(l, "n01443537", &index, &err), ALEXCL_E_DATA, "--labels FILE with ids", err);
    labels_free(l);
    EXPECT_OK(labels_open(NULL, 1000, &l, &err), err);
    EXPECT_ERROR(labels_find(l, "n99999999", &index, &err), ALEXCL_E_DATA, "synset_words.txt", err);
    EXPECT_ERROR(labels_find(l, "1000", &index, &err), ALEXCL_E_DATA, "--model", err);
    labels_free(l);
    write_file("synsets",
               "\xff\xfe"
               "a\0\n\0b\0\n\0",
               10);
    EXPECT_ERROR(labels_open("synsets", 2, &l, &err), ALEXCL_E_DATA, "synsets: is a text in UTF-16", err);
    write_file("synsets", "<html>\nb\n", 9);
    EXPECT_ERROR(labels_open("synsets", 2, &l, &err), ALEXCL_E_DATA, "synsets: is a web page", err);
}
END_TEST

#ifndef SANITIZED /* whose shadow memory is more than any limit */
/* Where memory lacks, the code that is returned is the one that is told of. */
START_TEST(a_lack_of_memory_is_told_by_one_code) {
    enum { CLASSES = 3, BYTES = 15 << 20 };
    if (support_emulated()) return;
    char *text = malloc(BYTES);
    struct labels *l = NULL;
    memset(text, ' ', BYTES);
    memcpy(text, "[\"a\", \"b\", \"c\"", 14); /* which Jansson would fault */
    write_file("large.json", text, BYTES);
    free(text);
    long pages = 0;
    FILE *own = fopen("/proc/self/statm", "r");
    ck_assert(own != NULL && fscanf(own, "%ld", &pages) == 1);
    fclose(own);
    struct rlimit before, less;
    getrlimit(RLIMIT_AS, &before);
    less = before;
    /* the text fits, what Jansson may want of it does not */
    less.rlim_cur = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + ((rlim_t)40 << 20);
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &less), 0);
    int status = labels_open("large.json", CLASSES, &l, &err);
    setrlimit(RLIMIT_AS, &before);
    ck_assert_int_eq(status, ALEXCL_E_MEMORY);
    ck_assert_int_eq(err.status, status);
}
END_TEST
#endif

int main(void) {
    TCase *tests = tcase_create("lists");
    tcase_add_test(tests, lists_are_read_as_people_write_them);
    tcase_add_test(tests, bad_lines_are_entries_with_an_error);
    tcase_add_test(tests, what_is_no_list_is_named);
    tcase_add_test(tests, long_lists_are_whole);
    tcase_add_test(tests, names_start_at_the_lists_folder_or_where_there_is_none_here);
    tcase_add_test(tests, names_with_blanks_need_no_quotes_where_there_is_such_a_file);
    tcase_add_test(tests, labels_by_index_name_and_synonym);
    tcase_add_test(tests, label_files_of_three_forms);
    tcase_add_test(tests, label_files_with_wordnet_ids);
#ifndef SANITIZED
    tcase_add_test(tests, a_lack_of_memory_is_told_by_one_code);
#endif
    return support_run(tests);
}
