#include "judge/verdict.h"

#include <string.h>

const char *verdict_name(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_UNKNOWN:
		return "unknown";
	case VERDICT_OPERATIONAL:
		return "operational";
	case VERDICT_DEGRADED:
		return "degraded";
	case VERDICT_PARTIAL_OUTAGE:
		return "partial_outage";
	case VERDICT_MAJOR_OUTAGE:
		return "major_outage";
	case VERDICTS:
		break;
	}
	return "unknown";
}

bool verdict_find(const char *name, enum verdict *ret_verdict)
{
	for (int v = 0; v < VERDICTS; v++) {
		if (strcmp(verdict_name((enum verdict)v), name) == 0) {
			*ret_verdict = (enum verdict)v;
			return true;
		}
	}
	return false;
}
