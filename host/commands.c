/* SPDX-License-Identifier: MIT */
/* The rows of all commands, in their order: --help and the answer to a typing error are made from them. */
#include "commands.h"

#define COMMANDS_ROW(row) &(row),
const struct command *const commands[] = {COMMANDS(COMMANDS_ROW) NULL};
