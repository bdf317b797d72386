/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counter_rng.h"
#include "pickle.h"
#include "support.h"

static int knows(const char *module, const char *name) {
    return strcmp(module, "collections") == 0 && strcmp(name, "OrderedDict") == 0;
}
static const struct pickle_rules rules = {knows, "save it again"};

/* Reads a copy on the heap of exactly this length, so that a sanitizer sees a read behind it. */
static int read_pickle(const void *bytes, size_t length, struct pickle **out, const struct pickle_value **root,
                       struct alexcl_error *err) {
    unsigned char *copy = malloc(length ? length : 1);
    ck_assert(copy != NULL);
    memcpy(copy, bytes, length);
    int status = pickle_read(copy, length, &rules, out, root, err);
    free(copy); /* values do not point into it */
    return status;
}

/* Its text without the zero behind it. */
#define PICKLE(text) ("\x80\2" text), sizeof("\x80\2" text) - 1

static void expect_integer(const void *bytes, size_t length, int64_t value) {
    struct alexcl_error err = {0};
    struct pickle *p;
    const struct pickle_value *root;
    EXPECT_OK(read_pickle(bytes, length, &p, &root, &err), err);
    ck_assert(root->type == PICKLE_INTEGER);
    ck_assert_int_eq(root->integer, value);
    pickle_free(p);
}

START_TEST(integers_of_every_length_are_read) {
    expect_integer(PICKLE("K\xff."), 255);
    expect_integer(PICKLE("M\1\xff."), 65281);
    expect_integer(PICKLE("J\xfe\xff\xff\xff."), -2);
    expect_integer(PICKLE("J\xff\xff\xff\x7f."), 2147483647);
    expect_integer(PICKLE("\x8a\0."), 0);
    expect_integer(PICKLE("\x8a\1\x80."), -128);
    expect_integer(PICKLE("\x8a\2\xff\0."), 255);
    expect_integer(PICKLE("\x8a\6\0\0\0\0\0\1."), (int64_t)1 << 40);
    expect_integer(PICKLE("\x8a\x08\0\0\0\0\0\0\0\x80."), INT64_MIN);
    expect_integer(PICKLE("\x8b\2\0\0\0\0\x80."), -32768);
}
END_TEST

START_TEST(values_of_every_kind_are_read) {
    struct alexcl_error err = {0};
    struct pickle *p;
    const struct pickle_value *root;
    /* [None, True, False, 1.5, "a\u00e9", (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)] */
    EXPECT_OK(read_pickle(PICKLE("](N\x88\x89G\x3f\xf8\0\0\0\0\0\0X\3\0\0\0a\xc3\xa9)K\1\x85K\1K\2\x86K\1K\2K\3\x87"
                                 "(K\1K\2K\3K\4te."),
                          &p, &root, &err),
              err);
    static const enum pickle_type wanted[] = {PICKLE_NONE,  PICKLE_BOOL,  PICKLE_BOOL,  PICKLE_NUMBER, PICKLE_TEXT,
                                              PICKLE_TUPLE, PICKLE_TUPLE, PICKLE_TUPLE, PICKLE_TUPLE,  PICKLE_TUPLE};
    ck_assert(root->type == PICKLE_LIST);
    ck_assert_uint_eq(root->count, 10);
    for (size_t i = 0; i < 10; i++) ck_assert_int_eq(pickle_at(root, i)->type, wanted[i]);
    ck_assert(pickle_at(root, 10) == NULL);
    ck_assert(pickle_at(root, 1)->integer == 1 && pickle_at(root, 2)->integer == 0);
    ck_assert(pickle_at(root, 3)->number == 1.5);
    ck_assert_str_eq(pickle_at(root, 4)->text, "a\xc3\xa9");
    for (size_t i = 0; i < 5; i++) {
        const struct pickle_value *tuple = pickle_at(root, 5 + i);
        ck_assert_uint_eq(tuple->count, i);
        for (size_t k = 0; k < i; k++) ck_assert_int_eq(pickle_at(tuple, k)->integer, (int64_t)k + 1);
    }
    pickle_free(p);
}
END_TEST

START_TEST(dicts_calls_and_the_memo_are_read) {
    struct alexcl_error err = {0};
    struct pickle *p;
    const struct pickle_value *root, *inner;
    /* d = OrderedDict(); d["a"] = 1; d["b"] = [d, "a" out of the memo]; its attribute x is set to 2. In a dict, set one
     * by one: d, and "a", twice. */
    EXPECT_OK(read_pickle(PICKLE("}\x8c\1dccollections\nOrderedDict\n)Rq\0(\x8c\1a\x94K\1\x8c\1b](h\0h\1eu"
                                 "}\x8c\1xK\2sbsh\1K\4sh\1K\5s."),
                          &p, &root, &err),
              err);
    ck_assert(root->type == PICKLE_DICT);
    ck_assert_int_eq(pickle_get(root, "a")->integer, 5);
    inner = pickle_get(root, "d");
    ck_assert(inner->type == PICKLE_CALL && inner->arguments->count == 0);
    ck_assert(pickle_is_global(inner->called, "collections", "OrderedDict"));
    ck_assert(!pickle_is_global(inner->called, "collections", "Ordered"));
    ck_assert_uint_eq(inner->count, 4);
    ck_assert_int_eq(pickle_get(inner, "a")->integer, 1);
    ck_assert(pickle_get(inner, "x") == NULL);
    ck_assert(pickle_at(pickle_get(inner, "b"), 0) == inner);
    ck_assert_str_eq(pickle_at(pickle_get(inner, "b"), 1)->text, "a");
    pickle_free(p);
    /* protocol 4: a frame, a global out of the stack, long forms; a persistent id */
    EXPECT_OK(read_pickle("\x80\4\x95\x40\0\0\0\0\0\0\0\x8c\x0b"
                          "collections\x8d\x0b\0\0\0\0\0\0\0OrderedDict\x93)R\x94r\7\0\0\0j\7\0\0\0\x86K\1Q\x86."
                          "0123456789012345678",
                          79, &p, &root, &err),
              err);
    ck_assert(root->type == PICKLE_TUPLE && root->count == 2);
    ck_assert(pickle_at(pickle_at(root, 0), 0) == pickle_at(pickle_at(root, 0), 1));
    ck_assert(pickle_at(root, 1)->type == PICKLE_PERSISTENT && pickle_at(root, 1)->arguments->integer == 1);
    pickle_free(p);
}
END_TEST

/* What Python has and is not read, by the names of its pickletools. */
static const struct {
    unsigned char code;
    const char *name;
} refused[] = {
    {0x81, "NEWOBJ"},     {0x92, "NEWOBJ_EX"},   {'o', "OBJ"},
    {'i', "INST"},        {0x82, "EXT1"},        {0x83, "EXT2"},
    {0x84, "EXT4"},       {0x8f, "EMPTY_SET"},   {0x90, "ADDITEMS"},
    {0x91, "FROZENSET"},  {'B', "BINBYTES"},     {'C', "SHORT_BINBYTES"},
    {0x8e, "BINBYTES8"},  {'T', "BINSTRING"},    {'U', "SHORT_BINSTRING"},
    {0x96, "BYTEARRAY8"}, {0x97, "NEXT_BUFFER"}, {0x98, "READONLY_BUFFER"},
    {'0', "POP"},         {'1', "POP_MARK"},     {'2', "DUP"},
    {'I', "INT"},         {'L', "LONG"},         {'F', "FLOAT"},
    {'S', "STRING"},      {'V', "UNICODE"},      {'P', "PERSID"},
    {'p', "PUT"},         {'g', "GET"},          {'l', "LIST"},
    {'d', "DICT"},
};

START_TEST(every_opcode_that_is_not_read_is_refused_by_name) {
    struct alexcl_error err = {0};
    struct pickle *p = NULL;
    const struct pickle_value *root;
    char says[64];
    unsigned char bytes[] = "\x80\2}\0K\1K\2.";
    bytes[3] = refused[_i].code;
    snprintf(says, sizeof says, "opcode %s at byte 3 of its pickle: is not read; save it again", refused[_i].name);
    EXPECT_ERROR(read_pickle(bytes, sizeof bytes - 1, &p, &root, &err), ALEXCL_E_DATA, says, err);
    ck_assert(p == NULL);
}
END_TEST

/* All 256: what the list above does not refuse is read, or is no opcode. */
START_TEST(every_byte_is_an_opcode_or_none) {
    static const char taken[] = "\x80\x95.N\x88\x89JKM\x8a\x8bGX\x8c\x8d()t\x85\x86\x87]ae}suqr\x94hjc\x93RbQ";
    int known = 0, none = 0;
    for (int code = 0; code < 256; code++) {
        struct alexcl_error err = {0};
        struct pickle *p = NULL;
        const struct pickle_value *root;
        unsigned char bytes[] = {0x80, 2, (unsigned char)code};
        int listed = memchr(taken, code, sizeof taken - 1) != NULL;
        ck_assert_int_eq(read_pickle(bytes, sizeof bytes, &p, &root, &err), ALEXCL_E_DATA); /* nothing follows */
        for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
            if (refused[i].code == code) {
                ck_assert(strstr(err.text, "is not read") != NULL);
                listed++;
            }
        ck_assert_msg(listed <= 1, "%02x is in both lists", (unsigned)code);
        ck_assert_msg((strstr(err.text, "is no opcode") == NULL) == listed, "%02x: %s", (unsigned)code, err.text);
        known += listed;
        none += !listed;
    }
    ck_assert_int_eq(known, 68); /* of protocols 0 to 5 */
    ck_assert_int_eq(none, 188);
}
END_TEST

static const struct {
    const char *bytes;
    size_t length;
    const char *says;
} wrong[] = {
    {"", 0, "does not begin with a protocol"},
    {"}.", 2, "does not begin with a protocol"},
    {"(lp0\n.", 6, "does not begin with a protocol"},
    {"\x80\1}.", 4, "opcode PROTO at byte 0 of its pickle: protocols 2 to 4 are read"},
    {"\x80\5}.", 4, "protocols 2 to 4 are read"},
    {PICKLE("}"), "ends without STOP"},
    {PICKLE("}\xff."), "byte 3 of its pickle, 0xff, is no opcode"},
    {PICKLE("."), "opcode STOP at byte 2 of its pickle: one value should be on the stack"},
    {PICKLE("NN."), "one value should be on the stack"},
    {PICKLE("(N."), "one value should be on the stack"},
    {PICKLE("cos\nsystem\n\x8c\2ls\x85R."),
     "asks for os.system (byte 2), and no code is run for a file; save it again"},
    {PICKLE("\x8c\2os\x8c\6system\x93\x8c\2ls\x85R."), "asks for os.system (byte 14)"},
    {PICKLE("cos\nsys\x1b[31m\n)R."), "asks for os.sys?[31m (byte 2)"},
    {PICKLE("ccollections\nOrderedDict.x\n."), "asks for collections.OrderedDict.x"},
    {PICKLE("K\1K\2\x93."), "opcode STACK_GLOBAL at byte 6 of its pickle: module and name are not texts"},
    {PICKLE("ccollections"), "goes on behind the end"},
    {PICKLE("ccollections\nOrderedDict"), "goes on behind the end"},
    {PICKLE("K"), "goes on behind the end"},
    {PICKLE("J\1\1\1"), "goes on behind the end"},
    {PICKLE("G\1\1\1\1\1\1\1"), "goes on behind the end"},
    {PICKLE("\x8a\2\1"), "goes on behind the end"},
    {PICKLE("X\xff\xff\xff\xff\x61."), "goes on behind the end"},
    {PICKLE("\x8d\xff\xff\xff\xff\xff\xff\xff\xff\x61."), "goes on behind the end"},
    {PICKLE("\x95\3\0\0\0\0\0\0\0N."), "opcode FRAME at byte 2 of its pickle: goes on behind the end"},
    {PICKLE("\x8a\x09\0\0\0\0\0\0\0\0\1."), "opcode LONG1 at byte 2 of its pickle: a number of more than 64 bits"},
    {PICKLE("\x8c\1\xff."), "a text that is not UTF-8"},
    {PICKLE("\x8c\3a\0b."), "a text that is not UTF-8"},
    {PICKLE("\x85."), "nothing is on the stack"},
    {PICKLE("N\x86."), "nothing is on the stack"},
    {PICKLE("NN\x87."), "nothing is on the stack"},
    {PICKLE("](a."), "nothing is on the stack"}, /* what is below a mark is out of reach */
    {PICKLE("N(q\0."), "nothing is on the stack"},
    {PICKLE("N(Q."), "nothing is on the stack"},
    {PICKLE("Nt."), "no mark is set"},
    {PICKLE("]Ne."), "no mark is set"},
    {PICKLE("}NNu."), "no mark is set"},
    {PICKLE("(Ne."), "nothing is on the stack"},
    {PICKLE("NNa."), "there is no list to add to"},
    {PICKLE("}(Ne."), "there is no list to add to"},
    {PICKLE("]NNs."), "there is no dict to add to"},
    {PICKLE("](NNu."), "there is no dict to add to"},
    {PICKLE("}(Nu."), "a key without a value"},
    {PICKLE("h\0."), "nothing is in the memo there"},
    {PICKLE("Nq\0h\1."), "nothing is in the memo there"},
    {PICKLE("j\xff\xff\xff\xff."), "nothing is in the memo there"},
    {PICKLE("Nr\xff\xff\xff\xff."), "a memo of more than there are opcodes"},
    {PICKLE("N)R."), "what is called is no global"},
    {PICKLE("ccollections\nOrderedDict\n]R."), "its arguments are no tuple"},
    {PICKLE("}}b."), "opcode BUILD at byte 4 of its pickle: attributes of what has none"},
};

START_TEST(every_wrong_pickle_is_refused) {
    struct alexcl_error err = {0};
    struct pickle *p = NULL;
    const struct pickle_value *root;
    EXPECT_ERROR(read_pickle(wrong[_i].bytes, wrong[_i].length, &p, &root, &err), ALEXCL_E_DATA, wrong[_i].says, err);
    ck_assert(p == NULL);
}
END_TEST

START_TEST(sizes_are_bounded) {
    struct alexcl_error err = {0};
    struct pickle *p = NULL;
    const struct pickle_value *root;
    size_t length = PICKLE_MOST_OPCODES + 16;
    char *bytes = malloc(length);
    ck_assert(bytes != NULL);
    memcpy(bytes, "\x80\2", 2);
    memset(bytes + 2, '(', length - 2);
    EXPECT_ERROR(read_pickle(bytes, length, &p, &root, &err), ALEXCL_E_DATA,
                 "opcode MARK at byte 1002 of its pickle: more than 1000 things are begun at once", err);
    memset(bytes + 2, 'N', length - 2);
    EXPECT_ERROR(read_pickle(bytes, length, &p, &root, &err), ALEXCL_E_DATA, "has more than 1048576 opcodes; save",
                 err);
    /* A tuple in a tuple in a tuple, half a million deep, is read, and freed, without a stack of its own. */
    length = PICKLE_MOST_OPCODES / 2;
    memset(bytes + 2, 0x85, length);
    bytes[2] = 'N';
    bytes[length] = '.';
    EXPECT_OK(read_pickle(bytes, length + 1, &p, &root, &err), err);
    ck_assert(root->type == PICKLE_TUPLE && root->count == 1);
    pickle_free(p);
    free(bytes);
}
END_TEST

/* Bytes changed at random: read or refused, but nothing outside them. */
START_TEST(damaged_pickles_do_no_harm) {
    enum { TRIES = 20000 };
    static const char good[] = "\x80\2}\x8c\1dccollections\nOrderedDict\n)Rq\0(\x8c\1a\x94K\1\x8c\1b](h\0h\1eu"
                               "}\x8c\1xK\2sbsh\1K\4sh\1K\5s.";
    char bad[sizeof good - 1];
    uint64_t key = counter_rng_key(1, "check_pickle");
    int accepted = 0;
    for (uint64_t i = 0; i < TRIES; i++) {
        static const char likely[] = "().}]NKJMabcehjqrsutQR\x80\x85\x86\x87\x8c\x93\x94";
        struct alexcl_error err = {0};
        struct pickle *p = NULL;
        const struct pickle_value *root;
        memcpy(bad, good, sizeof bad);
        for (uint32_t k = 0; k < 1 + counter_rng_int(key, i * 16, 3); k++)
            bad[counter_rng_int(key, i * 16 + 1 + k * 2, sizeof bad)] =
                likely[counter_rng_int(key, i * 16 + 2 + k * 2, sizeof likely - 1)];
        int status = read_pickle(bad, sizeof bad, &p, &root, &err);
        ck_assert_msg(status == ALEXCL_OK || (status == ALEXCL_E_DATA && err.text[0]), "status %d", status);
        accepted += status == ALEXCL_OK;
        pickle_free(p);
    }
    ck_assert_int_gt(accepted, 0);
    ck_assert_int_lt(accepted, TRIES / 2);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("pickle");
    tcase_add_test(tests, integers_of_every_length_are_read);
    tcase_add_test(tests, values_of_every_kind_are_read);
    tcase_add_test(tests, dicts_calls_and_the_memo_are_read);
    tcase_add_loop_test(tests, every_opcode_that_is_not_read_is_refused_by_name, 0,
                        (int)(sizeof refused / sizeof *refused));
    tcase_add_test(tests, every_byte_is_an_opcode_or_none);
    tcase_add_loop_test(tests, every_wrong_pickle_is_refused, 0, (int)(sizeof wrong / sizeof *wrong));
    tcase_add_test(tests, sizes_are_bounded);
    tcase_add_test(tests, damaged_pickles_do_no_harm);
    return support_run(tests);
}
