/*
 * Control targets: things that have nothing to do with any CA, asked again
 * and again, by which the station knows that it is not itself blind.
 */
#ifndef APP_CONTROLS_H
#define APP_CONTROLS_H

#include <stdbool.h>
#include <stdint.h>

#include "app/recorder.h"
#include "app/roots.h"
#include "edge/http.h"
#include "edge/loop.h"
#include "judge/sight.h"
#include "measure/config.h"

struct controls;

struct controls_setup {
	struct loop *loop;
	struct http *http;
	struct recorder *recorder;
	struct roots *roots;
	const struct config *config;
	const unsigned *numbers; /* of each control in the store */
	/* The station became blind, or sees again. */
	void (*changed)(void *ctx, enum sight sight);
	void *ctx;
};

/* Borrowed pointers outlive it; the first round is asked at once. */
struct controls *controls_new(const struct controls_setup *setup);
void controls_free(struct controls *c);

#endif
