#include <stdio.h>

int main(void)
{
	puts("acmeter " ACMETER_VERSION);
	return 0;
}
