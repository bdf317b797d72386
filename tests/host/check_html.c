/* SPDX-License-Identifier: MIT */
/* What a stranger calls a file or a class is text on the page, never markup; numbers and pictures are written whole. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"
#include "support_files.h"

static FILE *page;
static char *text;
static size_t length;

static void begin(void) { ck_assert_ptr_nonnull(page = open_memstream(&text, &length)); }
static void expect(const char *wanted) {
    ck_assert_int_eq(fclose(page), 0);
    ck_assert_str_eq(text, wanted);
    free(text);
}

START_TEST(markup_becomes_text) {
    begin();
    html_text(page, "<b class=\"x\">'&amp;' \xc3\xa4");
    expect("&lt;b class=&quot;x&quot;&gt;&#39;&amp;amp;&#39; \xc3\xa4");
    begin();
    html_text(page, "a\x01\n\xff\xc2\x80z");
    expect("a\\x01\\x0A\\xFF\\xC2\\x80z");
    begin();
    html_element(page, "th scope=\"row\"", "<i>");
    expect("<th scope=\"row\">&lt;i&gt;</th>");
}
END_TEST

START_TEST(a_cut_is_between_characters) {
    begin();
    html_cut(page, "ab\xc3\xa4z", 3);
    expect("ab...");
    begin();
    html_cut(page, "ab\xc3\xa4z", 5);
    expect("ab\xc3\xa4z");
}
END_TEST

START_TEST(numbers_that_are_none_are_told) {
    begin();
    html_number(page, "td", "%.1f%%", 12.34);
    html_number(page, "td", "%.1f", NAN);
    html_number(page, "td", "%.1f", 0);
    expect("<td>12.3%</td><td>-</td><td>0.0</td>");
}
END_TEST

START_TEST(data_is_base64) { /* RFC 4648, section 10 */
    static const char *const of[][2] = {{"", ""},
                                        {"f", "Zg=="},
                                        {"fo", "Zm8="},
                                        {"foo", "Zm9v"},
                                        {"foob", "Zm9vYg=="},
                                        {"fooba", "Zm9vYmE="},
                                        {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        char wanted[64];
        begin();
        html_data(page, "image/png", (const unsigned char *)of[i][0], strlen(of[i][0]));
        snprintf(wanted, sizeof wanted, "data:image/png;base64,%s", of[i][1]);
        expect(wanted);
    }
    begin();
    html_data(page, "t", (const unsigned char *)"\xff\xfe\xfb", 3);
    expect("data:t;base64,//77");
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("html");
    tcase_add_test(tests, markup_becomes_text);
    tcase_add_test(tests, a_cut_is_between_characters);
    tcase_add_test(tests, numbers_that_are_none_are_told);
    tcase_add_test(tests, data_is_base64);
    return support_run(tests);
}
