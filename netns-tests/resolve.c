// resolve NAME...: what the C library that this is linked with makes of each name: its addresses, or why there are none.
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *left, const void *right) { return strcmp(left, right); }

int main(int count, char **names) {
    for (int i = 1; i < count; i++) {
        struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = 0;
        char texts[64][INET6_ADDRSTRLEN];
        int found = 0, error = getaddrinfo(names[i], 0, &hints, &list);
        printf("%s%s:", i > 1 ? "; " : "", names[i]);
        for (struct addrinfo *one = list; one && found < 64; one = one->ai_next) {
            if (getnameinfo(one->ai_addr, one->ai_addrlen, texts[found], sizeof texts[found], 0, 0, NI_NUMERICHOST) == 0) found++;
        }
        qsort(texts, found, sizeof texts[0], compare);
        for (int j = 0; j < found; j++)
            if (j == 0 || strcmp(texts[j], texts[j - 1])) printf(" %s", texts[j]);
        if (error) printf(" %s", error == EAI_AGAIN ? "later" : "nothing");
        if (list) freeaddrinfo(list);
    }
    printf("\n");
    return 0;
}
