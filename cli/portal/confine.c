/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/portal/confine.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/base/fence.h"
#include "agent/base/own.h"
#include "agent/base/sandbox.h"

#define FILE_OCTETS ((rlim_t)64 * 1024 * 1024)
#define DESCRIPTORS ((rlim_t)64)
#define NAME_SERVER 53 /* TCP: when an answer is too long for UDP */

#ifdef __SANITIZE_ADDRESS__
/*
 * The leak checker looks into the process with ptrace(2), which is given up
 * here; told so, it does not try (sanitizer/lsan_interface.h).
 */
int __lsan_is_turned_off(void);

int
__lsan_is_turned_off(void)
{
	return 1;
}
#endif

static enum firma_err
failed(struct firma_cause *cause, int e, const char *what)
{
	return firma_fail(cause, FIRMA_ERR_INTERNAL, FIRMA_CAUSE_ERRNO,
	    (unsigned long)e, "%s", what);
}

static int
limit(int what, rlim_t most)
{
	struct rlimit now;

	if (getrlimit((__rlimit_resource_t)what, &now) != 0)
		return -1;
	if (now.rlim_max == RLIM_INFINITY || now.rlim_max > most)
		now.rlim_max = most;
	now.rlim_cur = now.rlim_max;
	return setrlimit((__rlimit_resource_t)what, &now);
}

enum firma_err
portal_confine_begin(struct firma_cause *cause)
{
	enum firma_err r;

	if (close_range(STDERR_FILENO + 1, ~0U, 0) != 0)
		return failed(cause, errno, "close_range");
	if ((r = firma_sandbox_begin(cause)) != FIRMA_OK)
		return r;
	if (limit(RLIMIT_FSIZE, FILE_OCTETS) != 0 ||
	    limit(RLIMIT_NOFILE, DESCRIPTORS) != 0)
		return failed(cause, errno, "setrlimit");
	return FIRMA_OK;
}

/* Libraries and their texts; names of hosts; certificates of authorities. */
static const char *const read_paths[] = { "/usr/lib", "/lib", "/lib64",
	"/usr/share/locale", "/usr/share/zoneinfo",
	"/usr/share/ca-certificates", "/usr/local/lib",
	"/usr/local/share/ca-certificates", "/etc/ld.so.cache",
	"/etc/localtime", "/etc/locale.alias", "/etc/hosts", "/etc/host.conf",
	"/etc/resolv.conf", "/run/systemd/resolve", "/run/resolvconf",
	"/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services",
	"/etc/protocols", "/etc/ssl", "/etc/pki", "/etc/ca-certificates",
	"/etc/crypto-policies", "/dev", "/proc/self", FIRMA_LOCALEDIR, NULL };
static const char *const devices[] = { "/dev", NULL };

FIRMA_CHECKED static enum firma_err
allow(struct firma_fence *f, enum portal_confine how, int dir,
    struct firma_cause *cause)
{
	static const char *const named[] = { "FIRMA_LOCALEDIR", "SSL_CERT_FILE",
		"SSL_CERT_DIR" };
	enum firma_err r;

	if ((r = firma_fence_allow_fd(f, dir,
		 FIRMA_FENCE_READ | FIRMA_FENCE_WRITE | FIRMA_FENCE_MAKE,
		 cause)) != FIRMA_OK ||
	    (r = firma_fence_allow_all(f, devices, FIRMA_FENCE_WRITE, cause)) !=
		FIRMA_OK)
		return r;
	if (how == PORTAL_CONFINE_NO_NETWORK)
		return FIRMA_OK;
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		const char *const one[] = { getenv(named[i]), NULL };

		if ((r = firma_fence_allow_all(
			 f, one, FIRMA_FENCE_READ, cause)) != FIRMA_OK)
			return r;
	}
	return firma_fence_allow_all(f, read_paths, FIRMA_FENCE_READ, cause);
}

enum firma_err
portal_confine_finish(
    enum portal_confine how, int dir, struct firma_cause *cause)
{
	const bool online = how == PORTAL_CONFINE_INTERNET;
	FIRMA_OWN(firma_fence_done) struct firma_fence f = { .fd = -1 };
	enum firma_err r;

	if ((r = firma_fence_begin(&f,
		 FIRMA_FENCE_WRITE | FIRMA_FENCE_MAKE | FIRMA_FENCE_EXECUTE |
		     FIRMA_FENCE_LISTEN | FIRMA_FENCE_ABSTRACT |
		     FIRMA_FENCE_SIGNAL |
		     (online ? FIRMA_FENCE_READ : FIRMA_FENCE_TCP),
		 cause)) != FIRMA_OK ||
	    (r = allow(&f, how, dir, cause)) != FIRMA_OK ||
	    (r = firma_fence_close(&f, cause)) != FIRMA_OK)
		return r;
	/* AF_NETLINK: getaddrinfo() asks which addresses there are. */
	return firma_sandbox_finish(
	    online ? FIRMA_KEEP_INET | FIRMA_KEEP_NETLINK : 0, cause);
}

/* What stands behind the last colon of an address; 1080 is curl's own. */
static unsigned int
proxy_port(const char *address)
{
	const char *colon = strrchr(address, ':');
	char *end = NULL;
	const unsigned long n =
	    colon == NULL ? 0 : strtoul(colon + 1, &end, 10);

	return n < 1 || n > 65535 || (*end != '\0' && *end != '/')
	    ? 1080
	    : (unsigned int)n;
}

enum firma_err
portal_confine_port(unsigned int port, struct firma_cause *cause)
{
	static const char *const proxies[] = { "http_proxy", "https_proxy",
		"HTTPS_PROXY", "all_proxy", "ALL_PROXY" };
	static unsigned int confined_to;
	FIRMA_OWN(firma_fence_done) struct firma_fence f = { .fd = -1 };
	enum firma_err r;

	if (confined_to != 0)
		return confined_to == port
		    ? FIRMA_OK
		    : firma_fail(cause, FIRMA_ERR_DENIED, FIRMA_CAUSE_NONE, 0,
			  "port %u", port);
	if ((r = firma_fence_begin(&f, FIRMA_FENCE_TCP, cause)) != FIRMA_OK ||
	    (r = firma_fence_allow_port(&f, port, cause)) != FIRMA_OK ||
	    (r = firma_fence_allow_port(&f, NAME_SERVER, cause)) != FIRMA_OK)
		return r;
	for (size_t i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++) {
		const char *v = getenv(proxies[i]);

		if (v != NULL && v[0] != '\0' &&
		    (r = firma_fence_allow_port(&f, proxy_port(v), cause)) !=
			FIRMA_OK)
			return r;
	}
	if ((r = firma_fence_close(&f, cause)) == FIRMA_OK)
		confined_to = port;
	return r;
}
