/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/rehearsal/http.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "tests/rehearsal/behave.h"
#include "tests/rehearsal/own_openssl.h"
#include "tests/rehearsal/pages.h"
#include "tests/rehearsal/session.h"

#define BODY_MAX          (REHEARSAL_FORM_MAX + 16 * 1024) /* octets on the wire */
#define POST_BUFFER       ((size_t)8192)
#define STALL_NS          (120 * FIRMA_S)
#define HUGE_OCTETS       ((uint64_t)256 * 1024 * 1024)
#define HUGE_BLOCK        ((size_t)32 * 1024)
#define GARBAGE_OCTETS    3000
#define ELSEWHERE         "http://127.0.0.2:9/imss/Otro.idse"
#define CONNECTIONS_MAX   64U
#define IDLE_S            30U
#define CONNECTION_MEMORY ((size_t)64 * 1024) /* octets */
#define START_PAGE        REHEARSAL_BASE "Inicio.idse"
#define COOKIE            "JSESSIONID"

/* A request while its body arrives. */
struct request {
	struct rehearsal_form form;
	struct MHD_PostProcessor *post;
	size_t got;
	int too_big;
};

static enum MHD_Result
send_octets(struct MHD_Connection *c, unsigned int status, const char *type,
    struct firma_bytes body, const char *header, const char *value)
{
	/* The library copies; it asks for void * all the same. */
	struct MHD_Response *m = MHD_create_response_from_buffer(
	    body.len, (void *)(uintptr_t)body.at, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result r;

	if (m == NULL)
		return MHD_NO;
	r = MHD_add_response_header(m, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (r == MHD_YES)
		r = MHD_add_response_header(
		    m, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (r == MHD_YES && header != NULL)
		r = MHD_add_response_header(m, header, value);
	if (r == MHD_YES)
		r = MHD_queue_response(c, status, m);
	MHD_destroy_response(m);
	return r;
}

static enum MHD_Result
send_refusal(
    struct MHD_Connection *c, int html, const struct rehearsal_refusal *why)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf page = { 0 };

	if (html &&
	    rehearsal_page_refusal(why->status, why->text, &page) == FIRMA_OK)
		return send_octets(c, why->status, "text/html; charset=utf-8",
		    firma_buf_view(&page), NULL, NULL);
	return send_octets(c, why->status, "text/plain; charset=utf-8",
	    firma_bytes_of(why->text, strlen(why->text)), NULL, NULL);
}

static enum MHD_Result
send_see_other(struct MHD_Connection *c, const char *to)
{
	return send_octets(c, MHD_HTTP_SEE_OTHER, "text/plain",
	    firma_bytes_of("", 0), MHD_HTTP_HEADER_LOCATION, to);
}

static enum MHD_Result
send_answer(struct MHD_Connection *c, const struct rehearsal_answer *a)
{
	char value[128];

	if (a->cookie[0] != '\0') {
		(void)snprintf(value, sizeof(value),
		    COOKIE "=%s; Path=" REHEARSAL_BASE
			   "; HttpOnly; SameSite=Strict",
		    a->cookie);
		return send_octets(c, a->status, a->type,
		    firma_buf_view(&a->body), MHD_HTTP_HEADER_SET_COOKIE,
		    value);
	}
	if (a->attachment[0] != '\0') {
		(void)snprintf(value, sizeof(value),
		    "attachment; filename=\"%s\"", a->attachment);
		return send_octets(c, a->status, a->type,
		    firma_buf_view(&a->body),
		    MHD_HTTP_HEADER_CONTENT_DISPOSITION, value);
	}
	return send_octets(
	    c, a->status, a->type, firma_buf_view(&a->body), NULL, NULL);
}

/* Hold the connection without a word, until the caller or the server ends. */
static void
stall(const struct rehearsal_http *http, struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct pollfd p[2] = {
		{ .fd = http->stop, .events = POLLIN },
		{ .fd = info == NULL ? -1 : info->connect_fd,
		    .events = POLLRDHUP },
	};

	(void)poll(p, 2, firma_poll_ms(firma_after(STALL_NS)));
}

static ssize_t
huge_block(void *cls, uint64_t pos, char *buf, size_t max)
{
	(void)cls;
	(void)pos;
	memset(buf, 'A', max);
	return (ssize_t)max;
}

static enum MHD_Result
send_huge(struct MHD_Connection *c, const char *type)
{
	struct MHD_Response *m = MHD_create_response_from_callback(
	    HUGE_OCTETS, HUGE_BLOCK, huge_block, NULL, NULL);
	enum MHD_Result r;

	if (m == NULL)
		return MHD_NO;
	r = MHD_add_response_header(m, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (r == MHD_YES)
		r = MHD_queue_response(c, MHD_HTTP_OK, m);
	MHD_destroy_response(m);
	return r;
}

static const char *
usual_type(enum rehearsal_op op)
{
	return op == REHEARSAL_OP_CHALLENGE  ? "text/plain; charset=utf-8"
	    : op == REHEARSAL_OP_ENTER       ? "text/html; charset=utf-8"
	    : op == REHEARSAL_OP_LETTER      ? "application/pdf"
	    : op == REHEARSAL_OP_CERTIFICATE ? "application/pkix-cert"
					     : "application/json";
}

static enum MHD_Result
send_garbage(struct MHD_Connection *c, const char *type)
{
	uint8_t octets[GARBAGE_OCTETS];
	uint32_t x = 0x2545f491;

	for (size_t i = 0; i < sizeof(octets); i++) {
		x ^= x << 13; /* xorshift32: the same garbage each time */
		x ^= x >> 17;
		x ^= x << 5;
		octets[i] = (uint8_t)x;
	}
	return send_octets(c, MHD_HTTP_OK, type,
	    firma_bytes_of(octets, sizeof(octets)), NULL, NULL);
}

/*
 * The misbehaviours that take the place of the request: nothing is carried
 * out.  ret_done says that one struck, and the return value is then final.
 */
static enum MHD_Result
misbehave(const struct rehearsal_http *http, struct MHD_Connection *c,
    struct rehearsal_state *st, enum rehearsal_op op, int *ret_done)
{
	static const struct rehearsal_refusal broken = { 500,
		"Error interno del servidor." };
	static const enum rehearsal_behave all[] = { REHEARSAL_BEHAVE_STALL,
		REHEARSAL_BEHAVE_ERROR_500, REHEARSAL_BEHAVE_GARBAGE,
		REHEARSAL_BEHAVE_HUGE, REHEARSAL_BEHAVE_REDIRECT };
	const size_t n = sizeof(all) / sizeof(all[0]);
	size_t i;

	for (i = 0; i < n && !rehearsal_behave_take(st, all[i], op); i++)
		;
	*ret_done = i < n;
	if (i == n || rehearsal_state_save(st) != FIRMA_OK)
		return MHD_NO;
	if (all[i] == REHEARSAL_BEHAVE_STALL) {
		rehearsal_state_done(st); /* others are served meanwhile */
		stall(http, c);
		return MHD_NO;
	}
	if (all[i] == REHEARSAL_BEHAVE_ERROR_500)
		return send_refusal(c, 0, &broken);
	if (all[i] == REHEARSAL_BEHAVE_REDIRECT)
		return send_octets(c, MHD_HTTP_FOUND, "text/plain",
		    firma_bytes_of("", 0), MHD_HTTP_HEADER_LOCATION, ELSEWHERE);
	if (all[i] == REHEARSAL_BEHAVE_HUGE)
		return send_huge(c, usual_type(op));
	return send_garbage(c, usual_type(op));
}

/* Keep this answer for `repeat`; hand out the one before when told to. */
static enum MHD_Result
send_or_repeat(struct rehearsal_http *http, struct MHD_Connection *c,
    const struct rehearsal_call *call, struct rehearsal_answer *a, int repeat)
{
	enum MHD_Result r;

	if (call->html && strcmp(a->type, "application/json") == 0)
		return send_see_other(c, START_PAGE);
	if (repeat && http->last.body.len > 0)
		return send_answer(c, &http->last);
	r = send_answer(c, a);
	firma_buf_done(&http->last.body);
	http->last = *a;
	a->body = (struct firma_buf){ 0 };
	return r;
}

static enum MHD_Result
run_op(struct rehearsal_http *http, struct MHD_Connection *c,
    struct rehearsal_call *call)
{
	FIRMA_OWN(rehearsal_answer_done) struct rehearsal_answer a = { 0 };
	struct rehearsal_refusal why = { 0 };
	enum MHD_Result sent;
	enum firma_err r;
	int done, drop, repeat;

	sent = misbehave(http, c, call->st, call->op, &done);
	if (done)
		return sent;
	r = rehearsal_call_run(call, &a, &why);
	drop = r == FIRMA_OK &&
	    rehearsal_behave_take(call->st, REHEARSAL_BEHAVE_DROP, call->op);
	repeat = r == FIRMA_OK && !drop &&
	    rehearsal_behave_take(call->st, REHEARSAL_BEHAVE_REPEAT, call->op);
	/* Durable before it is said: the counts must survive a kill -9. */
	if (rehearsal_state_save(call->st) != FIRMA_OK)
		r = rehearsal_fault(&why, "no se pudo guardar el estado");
	if (r != FIRMA_OK)
		return send_refusal(c, call->html, &why);
	if (drop)
		return MHD_NO;
	return send_or_repeat(http, c, call, &a, repeat);
}

/* Pages that are not operations: the entrance and the state of the renewal. */
static enum MHD_Result
show_page(struct MHD_Connection *c, struct rehearsal_state *st,
    const json_t *company, enum rehearsal_role role, const char *url)
{
	FIRMA_OWN(firma_buf_done) struct firma_buf page = { 0 };
	FIRMA_OWN(firma_buf_done) struct firma_buf challenge = { 0 };
	struct rehearsal_refusal why = { 404, "No hay tal página." };
	enum firma_err r;

	if (strcmp(url, "/") == 0 ||
	    (strcmp(url, START_PAGE) == 0 && company == NULL))
		return send_see_other(c, REHEARSAL_BASE);
	if (strcmp(url, START_PAGE) == 0)
		r = rehearsal_page_company(
		    company, role, rehearsal_page_of(company, role), &page);
	else if (strcmp(url, REHEARSAL_BASE) == 0) {
		if ((r = rehearsal_challenge_new(st, &challenge)) == FIRMA_OK &&
		    (r = rehearsal_state_save(st)) == FIRMA_OK)
			r = rehearsal_page_login(
			    firma_buf_view(&challenge), &page);
	} else
		return send_refusal(c, 1, &why);
	if (r != FIRMA_OK) {
		r = rehearsal_fault(&why, firma_err_text(r));
		return send_refusal(c, 1, &why);
	}
	return send_octets(c, MHD_HTTP_OK, "text/html; charset=utf-8",
	    firma_buf_view(&page), NULL, NULL);
}

static int
asks_html(struct MHD_Connection *c)
{
	const char *accept = MHD_lookup_connection_value(
	    c, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);

	return accept != NULL && strstr(accept, "text/html") != NULL &&
	    strstr(accept, "application/json") == NULL;
}

/* A name that resolves to loopback is not enough: DNS can be rebound. */
static int
host_is_loopback(struct MHD_Connection *c)
{
	static const char *const ours[] = { "127.0.0.1", "localhost", "[::1]" };
	const char *host = MHD_lookup_connection_value(
	    c, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);

	for (size_t i = 0; host != NULL && i < 3; i++) {
		const size_t n = strlen(ours[i]);

		if (strncmp(host, ours[i], n) == 0 &&
		    (host[n] == ':' || host[n] == '\0'))
			return 1;
	}
	return 0;
}

static int
get_allowed(enum rehearsal_op op)
{
	return op == REHEARSAL_OP_LETTER || op == REHEARSAL_OP_CERTIFICATE ||
	    op == REHEARSAL_OP_MAIL || op == REHEARSAL_OP_DATA;
}

/* The body is here whole: open the state and answer. */
static enum MHD_Result
respond(struct rehearsal_http *http, struct MHD_Connection *c,
    const struct request *q, const char *url, int is_post)
{
	FIRMA_OWN(rehearsal_state_done)
	struct rehearsal_state st = REHEARSAL_STATE_NONE;
	FIRMA_OWN(rehearsal_ca_done) struct rehearsal_ca ca = { 0 };
	struct rehearsal_refusal why = { 0 };
	const int op = rehearsal_op_by_url(url), html = asks_html(c);
	const char *cookie =
	    MHD_lookup_connection_value(c, MHD_COOKIE_KIND, COOKIE);
	struct rehearsal_call call = { .st = &st,
		.ca = &ca,
		.form = &q->form,
		.port = http->port,
		.html = html };
	enum firma_err r = FIRMA_OK;

	if (!host_is_loopback(c))
		r = rehearsal_refuse(&why, 403, "Este portal es local.");
	else if (q->too_big)
		r = rehearsal_refuse(
		    &why, 413, "Lo enviado es demasiado grande.");
	else if (op >= 0 && !is_post && !get_allowed((enum rehearsal_op)op))
		r = rehearsal_refuse(&why, 405, "Use el método POST.");
	else if (rehearsal_state_open(http->dir, &st) != FIRMA_OK ||
	    rehearsal_ca_load(st.dir, &ca) != FIRMA_OK ||
	    rehearsal_behave_load(&st, http->behave) != FIRMA_OK)
		r = rehearsal_fault(&why, "no se pudo leer el estado");
	if (r != FIRMA_OK)
		return send_refusal(c, html, &why);
	if (cookie != NULL)
		call.company =
		    rehearsal_session_company(&st, cookie, &call.role);
	if (op < 0)
		return show_page(c, &st, call.company, call.role, url);
	call.op = (enum rehearsal_op)op;
	if (rehearsal_behave_take(&st, REHEARSAL_BEHAVE_END_SESSION, call.op))
		call.company = NULL;
	return run_op(http, c, &call);
}

static enum MHD_Result
take_field(void *cls, enum MHD_ValueKind kind, const char *key,
    const char *filename, const char *type, const char *encoding,
    const char *data, uint64_t off, size_t size)
{
	struct request *q = cls;

	(void)kind;
	(void)filename;
	(void)type;
	(void)encoding;
	if (!q->too_big && key != NULL &&
	    rehearsal_form_put(
		&q->form, key, off, firma_bytes_of(data, size)) != FIRMA_OK)
		q->too_big = 1;
	return MHD_YES;
}

static enum MHD_Result
take_argument(
    void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
	if (value == NULL)
		return MHD_YES;
	return take_field(
	    cls, kind, key, NULL, NULL, NULL, value, 0, strlen(value));
}

static enum MHD_Result
begin_request(struct MHD_Connection *c, int is_post, void **con_cls)
{
	struct request *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return MHD_NO;
	if (is_post)
		q->post =
		    MHD_create_post_processor(c, POST_BUFFER, take_field, q);
	(void)MHD_get_connection_values(
	    c, MHD_GET_ARGUMENT_KIND, take_argument, q);
	*con_cls = q;
	return MHD_YES;
}

static enum MHD_Result
handle(void *cls, struct MHD_Connection *c, const char *url, const char *method,
    const char *version, const char *data, size_t *data_len, void **con_cls)
{
	const int is_post = strcmp(method, MHD_HTTP_METHOD_POST) == 0;
	struct request *q = *con_cls;

	(void)version;
	if (!is_post && strcmp(method, MHD_HTTP_METHOD_GET) != 0)
		return MHD_NO;
	if (q == NULL)
		return begin_request(c, is_post, con_cls);
	if (*data_len == 0)
		return respond(cls, c, q, url, is_post);
	q->got += *data_len;
	if (q->got > BODY_MAX)
		q->too_big = 1; /* read on and forget: then we can say so */
	if (!q->too_big && q->post != NULL)
		(void)MHD_post_process(q->post, data, *data_len);
	*data_len = 0;
	return q->got > 16 * BODY_MAX ? MHD_NO : MHD_YES;
}

static void
completed(void *cls, struct MHD_Connection *c, void **con_cls,
    enum MHD_RequestTerminationCode how)
{
	struct request *q = *con_cls;

	(void)cls;
	(void)c;
	(void)how;
	if (q == NULL)
		return;
	if (q->post != NULL)
		(void)MHD_destroy_post_processor(q->post);
	rehearsal_form_done(&q->form);
	free(q);
	*con_cls = NULL;
}

enum firma_err
rehearsal_http_start(struct rehearsal_http *http, unsigned int port)
{
	const struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	const union MHD_DaemonInfo *info;
	struct MHD_Daemon *d;

	d = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD |
		MHD_USE_THREAD_PER_CONNECTION | MHD_USE_ERROR_LOG,
	    (uint16_t)port, NULL, NULL, handle, http, MHD_OPTION_SOCK_ADDR,
	    (const struct sockaddr *)&at, MHD_OPTION_CONNECTION_LIMIT,
	    CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
	    MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
	if (d == NULL)
		return FIRMA_ERR_IO;
	info = MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT);
	http->port = info == NULL ? port : info->port;
	http->daemon = d;
	return FIRMA_OK;
}

void
rehearsal_http_stop(struct rehearsal_http *http)
{
	MHD_stop_daemon(http->daemon);
	http->daemon = NULL;
	rehearsal_answer_done(&http->last);
}
