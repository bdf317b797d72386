/* SPDX-License-Identifier: MIT */
#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "alexcl.h"

static volatile sig_atomic_t deferred, asked;

static void interrupt_on_signal(int number) {
    static const char text[] = "\nalexcl: stopping with what is done; once more ends at once\n";
    int code = errno;
    if (deferred && !asked) {
        asked = 1;
        ssize_t told = write(STDERR_FILENO, text, sizeof text - 1);
        (void)told;
        errno = code;
        return;
    }
    alexcl_files_abandon();
    signal(number, SIG_DFL);
    raise(number); /* once this handler has returned: whoever waits for the process learns which signal it was */
    errno = code;
}

void interrupt_catch(void) {
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = interrupt_on_signal, .sa_flags = SA_RESTART}, before;
    sigemptyset(&action.sa_mask);
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (numbers[i] != SIGHUP || (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)) /* nohup */
            sigaction(numbers[i], &action, NULL);
}

void interrupt_defer(void) { deferred = 1; }

int interrupt_asked(void) { return asked; }
