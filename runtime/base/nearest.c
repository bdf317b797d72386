/* SPDX-License-Identifier: MIT */
/* "Did you mean": the nearest of a list of words by edit distance (Levenshtein 1966, with transposition). */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "nearest.h"
#include "nearest.h"

enum { LONGEST = 40 };

static int nearest_distance(const char *a, const char *b) {
    int rows[3][LONGEST + 1];
    int la = (int)strlen(a), lb = (int)strlen(b);
    if (la > LONGEST || lb > LONGEST) return LONGEST;
    for (int j = 0; j <= lb; j++) rows[0][j] = j;
    for (int i = 1; i <= la; i++) {
        int *row = rows[i % 3], *above = rows[(i + 2) % 3], *twice = rows[(i + 1) % 3];
        row[0] = i;
        for (int j = 1; j <= lb; j++) {
            int same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
            int best = above[j - 1] + !same;
            if (above[j] + 1 < best) best = above[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && twice[j - 2] + 1 < best)
                best = twice[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[la % 3][lb];
}

const char *nearest_find(const char *word, const char *const *names) {
    const char *found = NULL;
    int best = LONGEST;
    for (; *names; names++) {
        int d = nearest_distance(word, *names);
        /* A start of the name counts as near: "dev" for "devices". */
        if (strlen(word) >= 3 && strncmp(word, *names, strlen(word)) == 0) d = 1;
        if (d < best) {
            best = d;
            found = *names;
        }
    }
    return best <= 1 + (int)strlen(word) / 3 ? found : NULL;
}

const char *nearest_ask(const char *before, const char *near, const char *behind, char out[NEAREST_QUESTION]) {
    out[0] = '\0';
    if (near) snprintf(out, NEAREST_QUESTION, ": did you mean %s%s%s?", before, near, behind);
    return out;
}
