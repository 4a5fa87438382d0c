/* Opening and closing of the journal's files. */
#include "control/journal_files.h"

#include <errno.h>
#include <string.h>
#include "base/buf.h"

#define SUFFIX ".canonical"

static bool complain(const char *what, const char *path, const char *suffix) {
    (void)fprintf(stderr, "mocknode serve: %s %s%s: %s\n", what, path, suffix, strerror(errno));
    return false;
}

bool journal_files_open(struct journal_files *files, const char *path) {
    *files = (struct journal_files){path, NULL, NULL};
    if (path == NULL) {
        return true;
    }
    files->events = fopen(path, "wb");
    if (files->events == NULL) {
        return complain("cannot write the journal", path, "");
    }
    struct base_buf name = BASE_BUF_INIT;
    base_buf_format(&name, "%s" SUFFIX, path);
    base_buf_char(&name, '\0');
    files->canonical = name.failed ? NULL : fopen(name.data, "wb");
    base_buf_free(&name);
    return files->canonical != NULL || complain("cannot write", path, SUFFIX);
}

static bool close_file(FILE **file, const char *path, const char *suffix) {
    if (*file == NULL) {
        return true;
    }
    bool good = ferror(*file) == 0;
    good = fclose(*file) == 0 && good;
    *file = NULL;
    return good || complain("the journal is not complete:", path, suffix);
}

bool journal_files_close(struct journal_files *files) {
    bool good = close_file(&files->events, files->path, "");
    return close_file(&files->canonical, files->path, SUFFIX) && good;
}
