/* Reading and writing whole files; errors name the path and the reason. */
#include "record/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/text.h"

#define READ_SIZE 65536

enum substrate_status file_read(const char *path, size_t max, struct base_buf *out,
                                struct substrate_error *error) {
    /* Without O_NONBLOCK a named pipe in the place of a file would hang us. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return base_fail(error, SUBSTRATE_E_IO, "%s: %s", path, strerror(errno));
    }
    enum substrate_status status = SUBSTRATE_OK;
    ssize_t got = 1;
    while (got != 0 && status == SUBSTRATE_OK) {
        if (!base_buf_reserve(out, READ_SIZE)) {
            status = base_fail(error, SUBSTRATE_E_MEMORY, "%s: out of memory", path);
            break;
        }
        got = read(fd, out->data + out->size, READ_SIZE);
        if (got < 0 && errno != EINTR) {
            status = base_fail(error, SUBSTRATE_E_IO, "%s: %s", path, strerror(errno));
        }
        out->size += got > 0 ? (size_t)got : 0;
        if (out->size > max) {
            status = base_fail(error, SUBSTRATE_E_LIMIT, "%s: bigger than %zu bytes", path, max);
        }
    }
    close(fd);
    return status;
}

char *file_path(const char *folder, const char *name, const char *suffix) {
    struct base_buf path = BASE_BUF_INIT;
    base_buf_format(&path, "%s/%s%s", folder, name, suffix);
    char *copy = path.failed ? NULL : base_strdup(base_buf_view(&path));
    base_buf_free(&path);
    return copy;
}

enum substrate_status file_make_folder(const char *path, struct substrate_error *error) {
    struct stat info;
    if (mkdir(path, 0777) == 0) {
        return SUBSTRATE_OK;
    }
    int reason = errno;
    if (reason == EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        return SUBSTRATE_OK;
    }
    return base_fail(error, SUBSTRATE_E_IO, "%s: cannot make the folder: %s", path,
                     strerror(reason));
}

static bool write_all(int fd, struct substrate_text content) {
    size_t done = 0;
    while (done < content.size) {
        ssize_t wrote = write(fd, content.data + done, content.size - done);
        if (wrote < 0 && errno != EINTR) {
            return false;
        }
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    return true;
}

enum substrate_status file_write(const char *path, struct substrate_text content,
                                 struct substrate_error *error) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        return base_fail(error, SUBSTRATE_E_IO, "%s: %s; nothing was changed", path,
                         strerror(errno));
    }
    bool written = write_all(fd, content) && fsync(fd) == 0;
    int reason = errno;
    if (close(fd) != 0 && written) {
        written = false;
        reason = errno;
    }
    if (written) {
        return SUBSTRATE_OK;
    }
    unlink(path);
    return base_fail(error, SUBSTRATE_E_IO, "%s: %s; nothing was changed: make room and try again",
                     path, strerror(reason));
}

bool file_exists(const char *path) {
    struct stat info;
    return lstat(path, &info) == 0;
}

bool file_is_empty_folder(const char *path) {
    DIR *entries = opendir(path);
    if (entries == NULL) {
        return errno == ENOENT;
    }
    bool empty = true;
    const struct dirent *entry;
    while (empty && (entry = readdir(entries)) != NULL) {
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    }
    closedir(entries);
    return empty;
}
