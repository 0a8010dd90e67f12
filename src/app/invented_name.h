/*
 * A name to ask for when none is given and nothing will be issued: nobody's,
 * so that nothing can be meant by it, and new each time, so that no
 * authorization is reused.
 */
#ifndef APP_INVENTED_NAME_H
#define APP_INVENTED_NAME_H

#include <stdbool.h>

#include "base/fail.h"

enum { INVENTED_NAME = 32 };

/* "acmeter-0123456789abcdef.com" */
bool invented_name(char ret_name[static INVENTED_NAME], struct fail *why);

#endif
