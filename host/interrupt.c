/* SPDX-License-Identifier: MIT */
/* Signals are blocked in every thread, and a thread of their own waits for them: it may lock and print, which a signal
 * handler may not, and no driver's handler sees them. On the way out it removes temporary files, then raises the same
 * signal again with its default action, so that the shell learns what ended the program. */
#include "interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "files.h"
#include "status.h"

static sigset_t waited_for;
static atomic_int deferred, asked;

/* The signals are blocked in every thread and taken by this one, so that nobody else's handler sees them: LLVM inside
 * of PoCL catches them while it compiles, and removes the files that it is writing. */
static void *interrupt_wait(void *unused) {
    static const char text[] = "\nalexcl: stopping with what is done; once more ends at once\n";
    int number;
    (void)unused;
    for (;;) {
        if (sigwait(&waited_for, &number) != 0) continue;
        if (!deferred || asked) break;
        asked = number;
        ssize_t told = write(STDERR_FILENO, text, sizeof text - 1);
        (void)told;
    }
    files_abandon();
    alexcl_private_files_abandon();
    pthread_sigmask(SIG_UNBLOCK, &waited_for, NULL);
    raise(number); /* whoever waits for the process learns which signal it was */
    return NULL;
}

int interrupt_catch(struct alexcl_error *err) {
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    /* a shell without job control has what it runs in the background ignore SIGINT */
    struct sigaction action = {.sa_handler = SIG_DFL}, before;
    pthread_t thread;
    sigemptyset(&waited_for);
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        /* nohup */
        if (numbers[i] == SIGHUP && (sigaction(SIGHUP, NULL, &before) != 0 || before.sa_handler == SIG_IGN)) continue;
        sigaction(numbers[i], &action, NULL);
        sigaddset(&waited_for, numbers[i]);
    }
    pthread_sigmask(SIG_BLOCK, &waited_for, NULL); /* threads inherit it: this comes before any other */
    if (pthread_create(&thread, NULL, interrupt_wait, NULL) != 0)
        return error_set(err, ALEXCL_E_OTHER,
                         "the system starts no thread for signals: raise the limit of processes (ulimit -u)");
    pthread_detach(thread);
    return ALEXCL_OK;
}

void interrupt_defer(void) { deferred = 1; }

int interrupt_asked(void) { return asked; }
