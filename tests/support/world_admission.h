/* SPDX-License-Identifier: MIT */
/* The world's limits that know the peer: drawn, told to the oracle, and handed to the workers. */
#pragma once

#include "core/admission.h"
#include "support/choice.h"

/* Borrowed until the next one is drawn. */
struct admission world_admission_draw(struct choice *choice);
