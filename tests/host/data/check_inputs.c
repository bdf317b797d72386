/* SPDX-License-Identifier: MIT */
/* What people name: pictures, folders, patterns, lists and mixtures of them. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support_files.h"
#include "inputs.h"

static struct alexcl_error err;

/* A file with the first bytes of its kind: nothing here is decoded. */
static void put(const char *path, const char *start) { write_file(path, start, strlen(start)); }

#define JPEG "\xff\xd8\xff\xe0"
#define PNG "\x89PNG\r\n\x1a\n"
#define GIF "GIF89a"

static void make_folders(void) {
    static const char *const folders[] = {"pics",       "pics/sub",  "pics/sub/deep", "pics/.hidden", "pics/a-b",
                                          "classes",    "classes/b", "classes/a",     "classes/a-c",  "classes/empty",
                                          "classes/.x", "no",        "cycle",         "cycle/d",      "flat",
                                          "mixed",      "mixed/a",   "mixed/a/b"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) mkdir(folders[i], 0700);
    static const char *const pictures[] = {
        "pics/b.jpg",      "pics/A.JPG",      "pics/sub/c.png",  "pics/sub/deep/d.jpeg", "pics/a-b/x.jpg",
        "classes/b/1.jpg", "classes/a/2.jpg", "classes/a/1.jpg", "classes/a-c/1.jpg",    "cycle/d/p.jpg",
        "flat/1.jpg",      "mixed/a/1.jpg",   "mixed/a/b/2.jpg"};
    for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++) put(pictures[i], JPEG);
    put("pics/no ending", PNG);
    put("pics/notes.txt", "hello\n");
    put("pics/more.txt", "hello\n");
    put("pics/x.gif", GIF);
    put("pics/.dot.jpg", JPEG);
    put("pics/.hidden/in.jpg", JPEG);
    put("classes/README", "a text\n");
    put("no/text", "a text\n");
    ck_assert(symlink("../d", "cycle/d/again") == 0 || errno == EEXIST);
    ck_assert(symlink("nowhere", "pics/broken") == 0 || errno == EEXIST);
}

/* The paths of what these names give, in one line. */
static const char *paths(const char *const *names, size_t count, int keep_going) {
    static char text[4096];
    struct image_list list;
    text[0] = '\0';
    EXPECT_OK(inputs_read(names, count, keep_going, &list, &err), err);
    for (size_t i = 0; i < list.count; i++) {
        image_list_settle(&list.entries[i]);
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s%s%s", i ? " " : "", list.entries[i].path,
                 list.entries[i].label ? "=" : "", list.entries[i].label ? list.entries[i].label : "");
    }
    image_list_free(&list);
    return text;
}
#define PATHS(...) paths((const char *[]){__VA_ARGS__}, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), 0)

START_TEST(a_picture_is_told_from_a_list_by_its_content) {
    make_folders();
    put("picture.txt", PNG);
    put("list.png", "pics/b.jpg 3\n");
    put("other", GIF);
    ck_assert_str_eq(PATHS("picture.txt"), "picture.txt");
    ck_assert_str_eq(PATHS("list.png"), "pics/b.jpg=3");
    ck_assert_str_eq(PATHS("other"), "other"); /* its decoder says what to do */
    ck_assert_str_eq(PATHS("list.png", "picture.txt", "flat", "list.png"),
                     "pics/b.jpg=3 picture.txt flat/1.jpg pics/b.jpg=3");
}
END_TEST

START_TEST(a_folder_is_searched_in_the_order_of_bytes) {
    struct image_list list;
    make_folders();
    static const char want[] =
        "pics/A.JPG pics/a-b/x.jpg pics/b.jpg pics/no ending pics/sub/c.png pics/sub/deep/d.jpeg";
    ck_assert_str_eq(PATHS("pics"), want);
    ck_assert_str_eq(PATHS("pics//"), want);
    ck_assert_str_eq(PATHS("cycle"), "cycle/d/p.jpg=d");
    EXPECT_OK(inputs_read((const char *[]){"pics"}, 1, 0, &list, &err), err);
    ck_assert_msg(strncmp(list.note, "6 files were passed over: ", 26) == 0, "%s", list.note);
    static const char *const parts[] = {"2 hidden (pics/.", "2 a text (pics/", "1 a GIF picture (pics/x.gif; convert",
                                        "1 that cannot be read (pics/broken)"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        ck_assert_msg(strstr(list.note, parts[i]) != NULL, "%s: not in %s", parts[i], list.note);
    ck_assert_int_eq(list.entries[0].line, 0);
    image_list_free(&list);
    EXPECT_OK(inputs_read((const char *[]){"flat"}, 1, 0, &list, &err), err);
    ck_assert_ptr_null(list.note);
    image_list_free(&list);
    EXPECT_ERROR(inputs_read((const char *[]){"no"}, 1, 0, &list, &err), ALEXCL_E_DATA,
                 "no: is a folder without a picture", err);
}
END_TEST

/* Only where each picture stands one level down, in the one folder that is named. */
START_TEST(a_tree_of_classes_is_labelled_by_its_folders) {
    struct image_list list;
    make_folders();
    EXPECT_OK(inputs_read((const char *[]){"classes/"}, 1, 0, &list, &err), err);
    ck_assert(list.tree);
    ck_assert_uint_eq(list.label_count, 3);
    static const char *const labels[] = {"a", "a-c", "b"};
    for (size_t i = 0; i < 3; i++) ck_assert_str_eq(list.labels[i], labels[i]);
    for (size_t i = 0; i < list.count; i++)
        ck_assert_str_eq(list.entries[i].label, list.labels[list.entries[i].label_id]);
    image_list_free(&list);
    ck_assert_str_eq(PATHS("classes"), "classes/a-c/1.jpg=a-c classes/a/1.jpg=a classes/a/2.jpg=a classes/b/1.jpg=b");
    ck_assert_int_eq(chdir("classes"), 0);
    ck_assert_str_eq(PATHS("."), "./a-c/1.jpg=a-c ./a/1.jpg=a ./a/2.jpg=a ./b/1.jpg=b");
    ck_assert_int_eq(chdir(".."), 0);
    ck_assert_str_eq(PATHS("classes", "flat"),
                     "classes/a-c/1.jpg classes/a/1.jpg classes/a/2.jpg classes/b/1.jpg flat/1.jpg");
    ck_assert_str_eq(PATHS("mixed"), "mixed/a/1.jpg mixed/a/b/2.jpg");
    EXPECT_OK(inputs_read((const char *[]){"pics"}, 1, 0, &list, &err), err);
    ck_assert(!list.tree && !list.label_count);
    image_list_free(&list);
}
END_TEST

START_TEST(a_pattern_is_what_no_file_is_called) {
    struct image_list list;
    make_folders();
    put("[1].jpg", JPEG);
    put("1.jpg", JPEG);
    put("list.txt", "pics/b.jpg\n");
    ck_assert_str_eq(PATHS("[1].jpg"), "[1].jpg");
    ck_assert_str_eq(PATHS("classes/*/1.jpg"), "classes/a-c/1.jpg classes/a/1.jpg classes/b/1.jpg");
    ck_assert_str_eq(PATHS("?.jpg"), "1.jpg");
    ck_assert_str_eq(PATHS("fl*", "lis?.txt"), "flat/1.jpg pics/b.jpg");
    EXPECT_ERROR(inputs_read((const char *[]){"*.nothing"}, 1, 0, &list, &err), ALEXCL_E_DATA, "*.nothing: no file",
                 err);
}
END_TEST

START_TEST(what_is_missing_is_told_at_once_or_in_its_turn) {
    struct image_list list;
    make_folders();
    EXPECT_ERROR(inputs_read((const char *[]){"flat", "gone.jpg"}, 2, 0, &list, &err), ALEXCL_E_DATA,
                 "gone.jpg: No such", err);
    ck_assert_str_eq(paths((const char *[]){"gone.jpg", "flat"}, 2, 1), "gone.jpg flat/1.jpg");
    EXPECT_ERROR(inputs_read((const char *[]){"gone.jpg"}, 1, 1, &list, &err), ALEXCL_E_DATA, "gone.jpg: No such", err);
}
END_TEST

/* Messages tell the list only where there are several. */
START_TEST(places_are_told) {
    struct image_list list;
    char place[IMAGE_LIST_PLACE];
    make_folders();
    put("list.txt", "\npics/b.jpg\n");
    EXPECT_OK(inputs_read((const char *[]){"list.txt"}, 1, 0, &list, &err), err);
    image_list_place(list.entries, place);
    ck_assert_str_eq(place, "line 2: ");
    image_list_free(&list);
    EXPECT_OK(inputs_read((const char *[]){"list.txt", "flat"}, 2, 0, &list, &err), err);
    image_list_place(list.entries, place);
    ck_assert_str_eq(place, "list.txt, line 2: ");
    image_list_place(list.entries + 1, place);
    ck_assert_str_eq(place, "");
    image_list_free(&list);
}
END_TEST

START_TEST(csv_lists) {
    static const struct {
        const char *name, *text, *want;
    } lists[] = {
        {"a.csv", "flat/1.jpg,281\n", "flat/1.jpg=281"},
        {"b.csv", "path,label\r\nflat/1.jpg,281\r\n\"with, comma.jpg\",\"a \"\"b\"\"\"\r\n",
         "flat/1.jpg=281 with, comma.jpg=a \"b\""},
        {"c.csv", "# made by\nid,Label,set,FileName\n1,dog,val,x y.jpg\n2,,val,z.jpg\n", "x y.jpg=dog z.jpg"},
        {"d.csv", "path\nflat/1.jpg\n", "flat/1.jpg"},
        {"e.csv", "gone 1.jpg, tabby\n", "gone 1.jpg=tabby"},
        {"f.txt", "flat/1.jpg,281\ngone.jpg,3\n", "flat/1.jpg=281 gone.jpg=3"},
        {"g.txt", "gone.jpg,3\nflat/1.jpg,281\n", "gone.jpg=3 flat/1.jpg=281"},
        {"h.txt", "image,class\nx.jpg,3\n", "x.jpg=3"},
        {"i.txt", "1,2.jpg 3\n4,5.jpg\n", "1,2.jpg=3 4,5.jpg"},       /* 1,2.jpg is a file, as 1 */
        {"j.txt", "gone.jpg,3\nother.jpg\n", "gone.jpg,3 other.jpg"}, /* nothing tells */
        {"k.csv", "flat/1.jpg 3\n", "flat/1.jpg=3"},                  /* the ending lies */
    };
    make_folders();
    put("1,2.jpg", JPEG);
    put("1", JPEG);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        put(lists[i].name, lists[i].text);
        ck_assert_str_eq(PATHS(lists[i].name), lists[i].want);
    }
    static const char *const bad[] = {"path,label\n\"open,1\n", "path,label\n\"a\"b,1\n", "id,path\n7\n", "a.jpg,b,c\n",
                                      "path,label\n,3\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct image_list list;
        put("bad.csv", bad[i]);
        EXPECT_OK(image_list_read("bad.csv", &list, &err), err);
        ck_assert_uint_eq(list.count, 1);
        ck_assert_msg(list.entries[0].error != NULL, "%s is taken", bad[i]);
        image_list_free(&list);
    }
}
END_TEST

/* A label stands once, however many pictures have it. */
START_TEST(equal_labels_are_one) {
    struct image_list list;
    FILE *file = fopen("labels.txt", "w");
    for (int i = 0; i < 5000; i++) fprintf(file, "%d.jpg \"class %d\"\n", i, i % 700);
    fclose(file);
    EXPECT_OK(image_list_read("labels.txt", &list, &err), err);
    ck_assert_uint_eq(list.label_count, 700);
    for (int i = 0; i < 5000; i++) ck_assert_int_eq(list.entries[i].label_id, i % 700);
    image_list_free(&list);
}
END_TEST

#ifndef SANITIZED /* whose shadow memory counts */
static long resident(void) {
    long pages = 0, own = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    ck_assert(file && fscanf(file, "%ld %ld", &pages, &own) == 2);
    fclose(file);
    return own * sysconf(_SC_PAGESIZE);
}

START_TEST(a_line_takes_a_hundred_bytes) {
    enum { LINES = 300000 };
    struct image_list list;
    FILE *file = fopen("long.txt", "w");
    for (int i = 0; i < LINES; i++) fprintf(file, "picture-%d.png class%d\n", i, i % 1000);
    fclose(file);
    long before = resident();
    EXPECT_OK(image_list_read("long.txt", &list, &err), err);
    long each = (resident() - before) / LINES;
    ck_assert_uint_eq(list.count, LINES);
    ck_assert_msg(each <= 110, "%ld bytes a line", each);
    image_list_free(&list);
}
END_TEST
#endif

int main(void) {
    TCase *tests = tcase_create("inputs");
    tcase_add_test(tests, a_picture_is_told_from_a_list_by_its_content);
    tcase_add_test(tests, a_folder_is_searched_in_the_order_of_bytes);
    tcase_add_test(tests, a_tree_of_classes_is_labelled_by_its_folders);
    tcase_add_test(tests, a_pattern_is_what_no_file_is_called);
    tcase_add_test(tests, what_is_missing_is_told_at_once_or_in_its_turn);
    tcase_add_test(tests, places_are_told);
    tcase_add_test(tests, csv_lists);
    tcase_add_test(tests, equal_labels_are_one);
#ifndef SANITIZED
    tcase_add_test(tests, a_line_takes_a_hundred_bytes);
#endif
    return support_run(tests);
}
