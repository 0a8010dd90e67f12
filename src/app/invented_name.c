#include "app/invented_name.h"

#include <stdio.h>

#include "base/text.h"
#include "edge/random.h"

bool invented_name(char ret_name[static INVENTED_NAME], struct fail *why)
{
	unsigned char bytes[8];
	char hex[2 * sizeof(bytes) + 1];

	if (!random_bytes(bytes, sizeof(bytes), why))
		return false;
	text_hex(hex, bytes, sizeof(bytes));
	snprintf(ret_name, INVENTED_NAME, "acmeter-%s.com", hex);
	return true;
}
