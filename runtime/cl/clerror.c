/* SPDX-License-Identifier: MIT */
/* An OpenCL error as a text: which call failed, on which device, what the code means and what to try. Commands run
 * after they were enqueued, so an error is often told by a call that has nothing to do with it: the device's last
 * launches are named as well. */
#include <stdio.h>
#include <string.h>

#include "cl_private.h"

const char *clerror_call(const char *text) {
    static _Thread_local char name[64];
    size_t length = strcspn(text, "(");
    if (length >= sizeof name) length = sizeof name - 1;
    memcpy(name, text, length);
    name[length] = '\0';
    return name;
}

int clerror_check(int code, const char *call, const struct device *dev, struct alexcl_error *err) {
    if (code == CL_SUCCESS) return ALEXCL_OK;
    char last[200] = "";
    if (dev && dev->label_at) { /* errors of a launch are told by a later call */
        size_t used = (size_t)snprintf(last, sizeof last, " after");
        for (unsigned i = dev->label_at < DEVICE_LABELS ? 0 : dev->label_at - DEVICE_LABELS;
             i < dev->label_at && used < sizeof last; i++)
            used += (size_t)snprintf(last + used, sizeof last - used, " %s", dev->labels[i % DEVICE_LABELS]);
    }
    error_set(err, code, "%s failed on %s%s: %s (%d); %s", call, dev ? dev->name : "no device in particular", last,
              clcode_name(code), code, clcode_hint(code));
    return code;
}
