/* SPDX-License-Identifier: MIT */
/* Steps at fixed places are counted from step and epoch alone, so nothing has to be remembered for them. A plateau
 * counts what has happened. The first rate is divided once, by a power that is exact for 10: 0.01 becomes what a source
 * calls 0.0001. */
#include "schedule.h"

static uint64_t schedule_drops(const struct schedule *s, const struct recipe *r, uint64_t step, int epoch) {
    uint64_t drops = 0;
    if (r->schedule == RECIPE_PLATEAU) return (uint64_t)s->drops;
    if (r->schedule == RECIPE_CONSTANT) return 0;
    if (r->drop_every > 0) return (step - 1) / (uint64_t)r->drop_every;
    for (int i = 0; i < RECIPE_DROPS; i++) drops += r->drop_at[i] > 0 && epoch >= r->drop_at[i];
    return drops;
}

double schedule_rate(const struct schedule *s, const struct recipe *r, uint64_t step, int epoch) {
    return r->rate / optimizer_power(r->rate_divisor, schedule_drops(s, r, step, epoch));
}

int schedule_end_epoch(struct schedule *s, const struct recipe *r, double error) {
    if (error < s->best || (!s->known && error == error)) {
        s->known = 1;
        s->best = error;
        s->waited = 0;
        return 0;
    }
    if (++s->waited < r->patience || s->drops >= r->drops || r->schedule != RECIPE_PLATEAU) return 0;
    s->waited = 0;
    s->drops++;
    return 1;
}

struct optimizer_step schedule_step(const struct recipe *r, uint64_t step, double rate, int bias) {
    return (struct optimizer_step){step, bias ? rate * r->bias_rate : rate, bias ? r->decay * r->bias_decay : r->decay};
}
