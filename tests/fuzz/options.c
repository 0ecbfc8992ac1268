/* A libFuzzer target: a command line, its words separated by newlines. */
#include "options.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 32, LENGTH = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char text[LENGTH + 1], program[] = "xero-run", *words[WORDS + 1] = {program};
    struct xr_options options;
    struct xr_complaint complaint;
    int count = 1;
    if (size > LENGTH)
        return 0;
    memcpy(text, bytes, size);
    text[size] = '\0';
    for (char *word = text; word != NULL && count < WORDS; count++) {
        char *end = strchr(word, '\n');
        if (end != NULL)
            *end++ = '\0';
        words[count] = word;
        word = end;
    }
    bool good = xr_options_parse(count, words, &options, &complaint);
    if (good && (options.word < 1 || options.word > count || options.timeout < 0 ||
                 options.concurrency > XR_WINDOW_MAX || options.max_disconnects > XR_COUNT_MAX))
        abort();
    if (!good && (complaint.message[0] == '\0' || strchr(complaint.message, '\n') != NULL))
        abort();
    return 0;
}
