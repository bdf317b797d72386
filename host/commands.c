/* SPDX-License-Identifier: MIT */
/* The commands as a table: name, function, options, usage and help. Whatever is printed by --help or completed after a
 * typing error comes from these rows. */
#include "commands.h"

#define COMMANDS_ROW(row) &(row),
const struct command *const commands[] = {COMMANDS(COMMANDS_ROW) NULL};
