/* SPDX-License-Identifier: MIT */
/* fc_cpu.cl keeps sums of neighbouring outputs in a vector register. So the weights of one input for 32 outputs lie
 * side by side, and the inputs follow each other in the order in which they lie in memory: where that is blocks of
 * channels, the weights are permuted instead of the inputs. Blocks of outputs are packed one by one, since such layers
 * have most of a net's weights, and the host should never hold them twice. */
#include "fc_pack.h"

#include <assert.h>
#include <string.h>

enum { FC_PACK_TURNED = 16 }; /* inputs that are packed for all rows before the next ones are */

int fc_pack_blocks(const struct layer *l) { return (l->shape.out.c + FC_PACK_ROWS - 1) / FC_PACK_ROWS; }

size_t fc_pack_floats(const struct layer *l, const struct target *target, int t) {
    (void)target;
    size_t outputs = (size_t)(fc_pack_blocks(l) * FC_PACK_ROWS);
    return t ? outputs : outputs * layer_in_floats(l);
}

size_t fc_pack_part(const struct layer *l, int t) {
    return t ? fc_pack_floats(l, NULL, t) : FC_PACK_ROWS * layer_in_floats(l);
}

/* Packs the weights of `rows` outputs into one block, inputs x FC_PACK_ROWS: a few inputs of all rows at a time, since
 * rows lie a multiple of 4 KiB apart, and a near cache holds few lines of such addresses. */
static void fc_pack_turn(const struct layer *l, const float *weights, int rows, float *packed) {
    int hw = l->shape.maps.h * l->shape.maps.w;
    for (int first = 0; first < l->shape.in.c; first += FC_PACK_TURNED) {
        int count = l->shape.in.c - first < FC_PACK_TURNED ? l->shape.in.c - first : FC_PACK_TURNED;
        size_t to[FC_PACK_TURNED];
        for (int i = 0; i < count; i++) to[i] = layer_in_position(l, (first + i) / hw, (first + i) % hw) * FC_PACK_ROWS;
        for (int o = 0; o < rows; o++) {
            const float *from = weights + (size_t)o * (size_t)l->shape.in.c + first;
            for (int i = 0; i < count; i++) packed[to[i] + (size_t)o] = from[i];
        }
    }
}

void fc_pack(const struct layer *l, int t, const float *master, size_t first, float *packed) {
    if (t) {
        layer_fill_up(master, (size_t)l->shape.out.c, packed, fc_pack_part(l, t));
        return;
    }
    int row = (int)(first / layer_in_floats(l)), left = l->shape.out.c - row;
    assert(first % fc_pack_part(l, t) == 0 && left > 0);
    memset(packed, 0, fc_pack_part(l, t) * sizeof *packed);
    fc_pack_turn(l, master + (size_t)row * (size_t)l->shape.in.c, left < FC_PACK_ROWS ? left : FC_PACK_ROWS, packed);
}
