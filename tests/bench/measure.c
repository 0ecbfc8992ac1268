/*
 * Runs a program and says on stderr what it cost: CPU time of user and system together and wall
 * time in microseconds, peak memory in KiB. The program's stdout is left as it is.
 *
 *   measure PROGRAM [ARGS...]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long microseconds(struct timeval t)
{
    return (long long)t.tv_sec * 1000000 + t.tv_usec;
}

static long long wall(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: measure PROGRAM [ARGS...]\n", stderr);
        return 2;
    }
    long long started = wall();
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[1], argv + 1);
        perror(argv[1]);
        _exit(127);
    }
    int status;
    struct rusage used;
    if (child < 0 || wait4(child, &status, 0, &used) != child) {
        perror("measure");
        return 1;
    }
    fprintf(stderr, "cpu_us=%lld wall_us=%lld rss_kib=%ld\n",
            microseconds(used.ru_utime) + microseconds(used.ru_stime), wall() - started,
            used.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
