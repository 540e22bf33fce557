/* SPDX-License-Identifier: MIT */
/*
 * The main of a fuzz target without an engine: runs every file of the folders and every file that
 * are named as arguments, naming each first, so the last line before a crash is the culprit. An
 * empty folder is an error: a corpus that nobody replays rots.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path, size_t size)
{
        /* No byte more than the input has, so that a read beyond its end is seen. */
        uint8_t *data = malloc(size > 0 ? size : 1);
        FILE *file = fopen(path, "rb");

        if (data == NULL || file == NULL || fread(data, 1, size, file) != size) {
                perror(path);
                exit(EXIT_FAILURE);
        }
        fclose(file);
        printf("%s\n", path);
        fflush(stdout);
        (void)LLVMFuzzerTestOneInput(data, size);
        free(data);
        return 1;
}

static int replay_folder(const char *folder)
{
        struct dirent **entries = NULL;
        int count = scandir(folder, &entries, NULL, alphasort);
        int replayed = 0;

        for (int i = 0; i < count; i++) {
                char path[4096];
                struct stat status;

                snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
                if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
                        replayed += replay_file(path, (size_t)status.st_size);
                free(entries[i]);
        }
        free(entries);
        return replayed;
}

int main(int argc, char **argv)
{
        int replayed = 0;

        for (int i = 1; i < argc; i++) {
                struct stat status;
                if (stat(argv[i], &status) != 0) {
                        perror(argv[i]);
                        return EXIT_FAILURE;
                }
                replayed += S_ISDIR(status.st_mode) ? replay_folder(argv[i])
                                                    : replay_file(argv[i], (size_t)status.st_size);
        }
        printf("%d inputs replayed\n", replayed);
        return replayed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
