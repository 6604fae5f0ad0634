/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/more.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "agent/base/clock.h"
#include "agent/client/client.h"
#include "agent/wire/values.h"
#include "tests/bench/table.h"

#define PATIENCE    (120 * FIRMA_S)
#define STEPS       10
#define DOCUMENT    ((size_t)256 * 1024 * 1024) /* octets */
#define START_TIMES 9

/* In KiB: what is resident, and of that what is not shared with a file. */
static void
memory(long pid, long *ret_all, long *ret_own)
{
	char path[64], line[128];
	FILE *f;

	*ret_all = *ret_own = 0;
	(void)snprintf(path, sizeof(path), "/proc/%ld/status", pid);
	if ((f = fopen(path, "re")) == NULL)
		bench_fail("no process %ld", pid);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, "VmRSS:", 6) == 0)
			*ret_all = strtol(line + 6, NULL, 10);
		if (strncmp(line, "RssAnon:", 8) == 0)
			*ret_own = strtol(line + 8, NULL, 10);
	}
	(void)fclose(f);
}

void
bench_soak(const struct bench_place *p, const char *key, unsigned int count,
    long agent_pid)
{
	void *way = bench_agent.open(p, key);
	struct bench_signature s;
	long all, own;

	(void)printf("| signatures | RSS KiB | of that its own |\n"
		     "|---:|---:|---:|\n");
	for (unsigned int i = 0; i <= count; i++) {
		uint8_t sha256[BENCH_SHA256] = { 0 };

		if (i % (count / STEPS) == 0) {
			memory(agent_pid, &all, &own);
			(void)printf("| %u | %ld | %ld |\n", i, all, own);
			(void)fflush(stdout);
		}
		memcpy(sha256, &i, sizeof(i));
		bench_agent.sign(way, sha256, &s);
	}
	bench_agent.close(way);
}

static uint8_t *
make_document(int *ret_fd)
{
	const int fd = memfd_create("bench", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	uint8_t *at;

	if (fd < 0 || ftruncate(fd, DOCUMENT) != 0)
		bench_fail("memfd");
	at = mmap(NULL, DOCUMENT, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		bench_fail("mmap");
	for (size_t i = 0; i < DOCUMENT; i++)
		at[i] = (uint8_t)(i * 2654435761u >> 13);
	(void)munmap(at, DOCUMENT);
	if (fcntl(fd, F_ADD_SEALS,
		F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		bench_fail("seals");
	at = mmap(NULL, DOCUMENT, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		bench_fail("mmap");
	*ret_fd = fd;
	return at;
}

static uint64_t
sign_document(struct firma_client *c, const char *key, int fd,
    const uint8_t sha256[BENCH_SHA256])
{
	const struct firma_msg_sign m = { .key = firma_str_of(key),
		.format = FIRMA_SIGN_RAW,
		.name = firma_str_of("document") };
	struct firma_signed got = { 0 };
	struct firma_cause cause = { 0 };
	const uint64_t before = firma_now();
	const enum firma_err r =
	    firma_client_sign(c, &m, fd, firma_after(PATIENCE), &got, &cause);

	if (r != FIRMA_OK)
		bench_fail("agent: %s (%s)", firma_err_text(r), cause.what);
	if (memcmp(got.sha256, sha256, BENCH_SHA256) != 0)
		bench_fail("the agent hashed something else");
	firma_signed_done(&got);
	return firma_now() - before;
}

void
bench_document(
    const struct bench_place *p, const char *key, unsigned int n_rounds)
{
	double here[BENCH_ROUNDS_MAX], there[BENCH_ROUNDS_MAX];
	struct firma_cause cause = { 0 };
	struct firma_client *c = NULL;
	uint8_t sha256[BENCH_SHA256];
	int fd;
	const uint8_t *at = make_document(&fd);

	if (firma_client_open(p->socket, "firma-bench", firma_after(PATIENCE),
		&c, &cause) != FIRMA_OK)
		bench_fail("agent: %s", cause.what);
	for (unsigned int i = 0; i < n_rounds; i++) {
		const uint64_t before = firma_now();

		if (EVP_Digest(
			at, DOCUMENT, sha256, NULL, EVP_sha256(), NULL) != 1)
			bench_fail("EVP_Digest");
		here[i] = (double)(firma_now() - before) / 1e6;
		there[i] = (double)sign_document(c, key, fd, sha256) / 1e6;
	}
	(void)printf("256 MB: EVP_Digest in place %.0f ms, signed by the agent "
		     "%.0f ms\n",
	    bench_median(here, n_rounds), bench_median(there, n_rounds));
	firma_client_free(c);
}

static double
start_once(const char *socket, char **command)
{
	const uint64_t before = firma_now();
	struct firma_client *c = NULL;
	const pid_t pid = fork();
	double ms;

	if (pid < 0)
		bench_fail("fork");
	if (pid == 0) {
		(void)execv(command[0], command);
		_exit(127);
	}
	while (firma_client_open(socket, "firma-bench", firma_after(FIRMA_S),
		   &c, NULL) != FIRMA_OK) {
		if (waitpid(pid, NULL, WNOHANG) != 0)
			bench_fail("%s ended", command[0]);
		if (firma_now() - before > 10 * FIRMA_S) {
			(void)kill(pid, SIGKILL);
			bench_fail("%s does not answer", command[0]);
		}
		(void)usleep(200);
	}
	ms = (double)(firma_now() - before) / 1e6;
	firma_client_free(c);
	(void)kill(pid, SIGTERM);
	(void)waitpid(pid, NULL, 0);
	return ms;
}

void
bench_start(const char *socket, char **command)
{
	double ms[START_TIMES];

	for (size_t i = 0; i < START_TIMES; i++)
		ms[i] = start_once(socket, command);
	(void)printf("start to first answer: median %.1f ms",
	    bench_median(ms, START_TIMES));
	(void)printf(", longest %.1f ms\n", ms[START_TIMES - 1]);
}
