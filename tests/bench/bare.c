/*
 * The least that a libcurl program can do to list connections: it asks once, scans the answer for
 * ids without parsing the JSON, and prints them. What xero-run is measured against.
 *
 *   XERO_API_URL=… XERO_ACCESS_TOKEN=… SSL_CERT_FILE=… bare
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text {
    char *bytes;
    size_t length;
    size_t room;
};

static size_t append(char *data, size_t size, size_t count, void *pointer)
{
    struct text *text = pointer;
    size_t more = size * count;
    if (text->length + more + 1 > text->room) {
        size_t room = 2 * (text->length + more + 1);
        char *bytes = realloc(text->bytes, room);
        if (bytes == NULL)
            return 0;
        text->bytes = bytes;
        text->room = room;
    }
    memcpy(text->bytes + text->length, data, more);
    text->length += more;
    text->bytes[text->length] = '\0';
    return more;
}

static void print_ids(const char *json)
{
    static const char key[] = "\"id\":\"";
    while ((json = strstr(json, key)) != NULL) {
        json += sizeof key - 1;
        printf("%.36s\n", json);
    }
}

static const char *need(const char *name)
{
    const char *value = getenv(name);
    if (value == NULL) {
        fprintf(stderr, "bare: %s is not set\n", name);
        exit(2);
    }
    return value;
}

int main(void)
{
    char url[512];
    char bearer[512];
    (void)snprintf(url, sizeof url, "%s/connections", need("XERO_API_URL"));
    (void)snprintf(bearer, sizeof bearer, "Authorization: Bearer %s", need("XERO_ACCESS_TOKEN"));

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return 1;
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, bearer);
    struct text answer = {0};
    long status = 0;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_CAINFO, need("SSL_CERT_FILE"));
    curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK || status != 200)
        fprintf(stderr, "bare: %s, status %ld\n", curl_easy_strerror(code), status);
    else if (answer.bytes != NULL)
        print_ids(answer.bytes);
    free(answer.bytes);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    curl_global_cleanup();
    return code == CURLE_OK && status == 200 ? 0 : 1;
}
