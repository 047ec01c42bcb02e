/* The least that a restore to an empty directory can take of creating files: cache-limit TREE TARGET THREADS makes the
 * directories of TREE in TARGET, then the threads create its files, write as many bytes from memory as each has, and set
 * its time. Prints the seconds. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 4 << 20 };
static struct file { char *path; off_t size; struct timespec time; } *files;
static size_t count, room, skip, next;
static const char *target;
static char bytes[CHUNK];

static int see(const char *path, const struct stat *stat, int type, struct FTW *at) {
  char *place = malloc(strlen(target) + strlen(path + skip) + 1);
  (void)at;
  strcat(strcpy(place, target), path + skip);
  if (type == FTW_D)
    return mkdir(place, 0755);
  if (count == room)
    files = realloc(files, (room = room * 2 + 1024) * sizeof *files);
  files[count++] = (struct file){place, stat->st_size, stat->st_mtim};
  return 0;
}

static void *create(void *unused) {
  for (size_t i; (i = __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED)) < count;) {
    struct timespec times[] = {{0, UTIME_OMIT}, files[i].time};
    int out = open(files[i].path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (out < 0)
      exit(1);
    for (off_t at = 0; at < files[i].size; at += CHUNK)
      if (pwrite(out, bytes, files[i].size - at < CHUNK ? files[i].size - at : CHUNK, at) < 0)
        exit(1);
    futimens(out, times);
    close(out);
  }
  return unused;
}

int main(int argc, char **argv) {
  struct timespec start, end;
  pthread_t threads[64];
  int number = argc == 4 ? atoi(argv[3]) : 0;
  if (number < 1 || number > 64)
    return 2;
  for (size_t i = 0; i < CHUNK; i++)
    bytes[i] = (char)(i * 2654435761u >> 13);
  target = argv[2];
  skip = strlen(argv[1]);
  clock_gettime(CLOCK_MONOTONIC, &start);
  if (nftw(argv[1], see, 64, FTW_PHYS))
    return 1;
  for (int i = 0; i < number; i++)
    pthread_create(&threads[i], NULL, create, NULL);
  for (int i = 0; i < number; i++)
    pthread_join(threads[i], NULL);
  clock_gettime(CLOCK_MONOTONIC, &end);
  printf("%.3f\n", (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9);
}
