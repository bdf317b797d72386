/* SPDX-License-Identifier: MIT */
/* What support_run makes of tests that are no tests, each in a process of its own: this program once more, with a
 * case. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

enum { MANY = 256 }; /* as an exit code: 0 */

START_TEST(passes) {}
END_TEST

START_TEST(fails) { ck_abort_msg("meant to fail"); }
END_TEST

START_TEST(exits) { exit(0); }
END_TEST

/* The exit code of this program as `name`, without output. */
static int run_case(const char *name, const char *fork_mode) {
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        setenv("ALEXCL_TEST_CASE", name, 1);
        setenv("CK_FORK", fork_mode, 1);
        if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr)) _exit(126);
        execl("/proc/self/exe", "check_run", (char *)NULL);
        _exit(127);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status), "%s: ended by a signal", name);
    return WEXITSTATUS(status);
}

START_TEST(only_tests_that_ran_and_passed_are_success) {
    static const struct {
        const char *name;
        int code;
    } cases[] = {{"pass", 0}, {"fail", 1}, {"none", 1}, {"exit", 1}, {"exit_first", 1}, {"fail_first", 1}, {"many", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int forks = 0; forks < 2; forks++) {
            int code = run_case(cases[i].name, forks ? "yes" : "no");
            ck_assert_msg(code == cases[i].code, "%s, %s: exit code %d", cases[i].name,
                          forks ? "a process each" : "one process", code);
        }
    }
    setenv("CK_RUN_CASE", "nothing of this name", 1);
    int code = run_case("pass", "no");
    unsetenv("CK_RUN_CASE");
    ck_assert_int_eq(code, 1);
}
END_TEST

int main(void) {
    const char *name = support_case();
    TCase *tests = tcase_create("run");
    if (!name) {
        tcase_add_test(tests, only_tests_that_ran_and_passed_are_success);
        return support_run(tests);
    }
    if (strncmp(name, "exit", 4) == 0) tcase_add_test(tests, exits);
    if (strncmp(name, "fail", 4) == 0) tcase_add_test(tests, fails);
    for (int i = 0; strcmp(name, "many") == 0 && i < MANY; i++) tcase_add_test(tests, fails);
    if (strcmp(name, "pass") == 0 || strstr(name, "_first")) tcase_add_test(tests, passes);
    return support_run(tests);
}
