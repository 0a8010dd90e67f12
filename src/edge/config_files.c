#include "edge/config_file_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/url.h"
#include "edge/cleanup.h"
#include "edge/file.h"
#include "edge/jws.h"
#include "edge/key.h"
#include "edge/serve_guard.h"
#include "edge/store.h"
#include "edge/trust.h"

enum { KEY_PATH = 160 };

/* --- what is better not left so ------------------------------------------- */

__attribute__((format(printf, 3, 4))) static void
warn(struct loader *l, const char *key, const char *format, ...)
{
	struct place place = node_place(l->tree.root, key);
	struct buf text = BUF_INIT(4096);
	char sentence[FAIL_TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	buf_addf(&text, "%s:%u:%u: warning: %s: %s", l->path, place.line,
		 place.column, key, sentence);
	config_warnings_add(l->warnings, buf_take(&text));
}

/* A secret that every user of this machine may read is none. */
static void look_at_secret(struct loader *l, const char *key, const char *path)
{
	char shown[CONFIG_SHOWN];
	struct stat st;

	if (stat(path, &st) != 0 || !(st.st_mode & (S_IROTH | S_IWOTH)))
		return;
	config_show(shown, path);
	warn(l, key,
	     "found %s open to everybody on this machine (mode %04o), "
	     "expected 0600, or 0640 with a group that needs it",
	     shown, (unsigned)st.st_mode & 07777U);
}

static void look_at_listen(struct loader *l, const char *listen,
			   const struct config_web *web)
{
	char shown[CONFIG_SHOWN];

	if (web->certificate || config_listen_is_local(listen))
		return;
	config_show(shown, listen);
	warn(l, "listen",
	     "found %s without TLS, which others on the way can read and "
	     "change, expected web.certificate and web.key, or an address "
	     "of this machine alone with a server in front",
	     shown);
}

/* --- what is refused ------------------------------------------------------ */

enum file_kind {
	FILE_ROOTS,    /* a file, there already */
	FILE_MAC,      /* likewise */
	FILE_WEB,      /* likewise; what is in it is seen with the others */
	FILE_LINE,     /* likewise: one line */
	FILE_URL,      /* likewise: a URL, which may be a secret */
	FILE_PROGRAM,  /* a file that can be run */
	FILE_KEY,      /* a file or nothing yet, in a folder that is there */
	FILE_DATABASE, /* likewise */
	FILE_FOLDER
};

/* NULL when it is there, or why not. */
static const char *missing(const char *path, mode_t type, int rights)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return strerror(errno);
	if ((st.st_mode & S_IFMT) != type)
		return type == S_IFDIR ? "not a folder" : "not a regular file";
	return access(path, rights) == 0 ? NULL : strerror(errno);
}

static const char *missing_folder_of(const char *path)
{
	AUTO(text) char *folder = mem_strdup(path);
	char *slash = strrchr(folder, '/');

	if (slash)
		slash[slash == folder] = '\0';
	return missing(slash ? folder : ".", S_IFDIR, W_OK | X_OK);
}

static bool holds_roots(const char *path, struct fail *why)
{
	struct trust *roots;

	if (!trust_load(&path, 1, &roots, why))
		return false;
	trust_free(roots);
	return true;
}

static bool holds_key(const char *path, struct fail *why)
{
	EVP_PKEY *key;

	if (access(path, F_OK) != 0)
		return true;
	if (!key_load(path, &key, why))
		return false;
	key_free(key);
	return true;
}

static bool holds_mac(const char *path, struct fail *why)
{
	AUTO(text) char *line = NULL;

	return file_read_line(path, &line, why) && jws_mac_check(line, why);
}

/* What the writer will make, or bring up to date, is good. */
static bool holds_database(const char *path, struct fail *why)
{
	struct store *store;

	if (access(path, F_OK) != 0)
		return true;
	if (store_open(path, STORE_READ, &store, why)) {
		store_close(store);
		return true;
	}
	return why->code != FAIL_CORRUPT && why->code != FAIL_NEWER;
}

static bool holds_line(const char *path, struct fail *why)
{
	AUTO(text) char *line = NULL;

	return file_read_line(path, &line, why);
}

static bool holds_url(const char *path, struct fail *why)
{
	AUTO(text) char *line = NULL;
	struct url url;

	return file_read_line(path, &line, why) &&
	       (url_parse(line, &url, NULL) ||
		fail_set(why, FAIL_FILE,
			 "%s: expected an http or https URL in it", path));
}

/* A station that is running keeps going because this was asked first. */
static bool holds(enum file_kind kind, const char *path, struct fail *why)
{
	switch (kind) {
	case FILE_ROOTS:
		return holds_roots(path, why);
	case FILE_KEY:
		return holds_key(path, why);
	case FILE_MAC:
		return holds_mac(path, why);
	case FILE_DATABASE:
		return holds_database(path, why);
	case FILE_LINE:
		return holds_line(path, why);
	case FILE_URL:
		return holds_url(path, why);
	case FILE_PROGRAM:
	case FILE_WEB:
	case FILE_FOLDER:
		break;
	}
	return true;
}

static bool check_file(struct loader *l, const char *key, const char *path,
		       enum file_kind kind)
{
	struct place place = node_place(l->tree.root, key);
	bool is_default = !strchr(key, '.') && !node_find(l->tree.root, key);
	const char *reason = NULL, *whose = "", *expected = "";
	char shown[CONFIG_SHOWN];

	switch (kind) {
	case FILE_ROOTS:
	case FILE_MAC:
	case FILE_WEB:
	case FILE_LINE:
	case FILE_URL:
		reason = missing(path, S_IFREG, R_OK);
		expected = "a file that can be read";
		break;
	case FILE_PROGRAM:
		reason = missing(path, S_IFREG, X_OK);
		expected = "a program that can be run";
		break;
	case FILE_FOLDER:
		reason = missing(path, S_IFDIR, W_OK | X_OK);
		expected = "a folder that can be written to";
		break;
	case FILE_KEY:
	case FILE_DATABASE:
		reason = missing(path, S_IFREG, R_OK);
		expected = "a file or nothing yet";
		if (reason && access(path, F_OK) != 0) {
			reason = missing_folder_of(path);
			whose = ", whose folder cannot be used";
			expected = "a folder that can be written to";
		}
		break;
	}
	config_show(shown, path);
	if (reason)
		return loader_refuse(l, place, key,
				     "found %s%s%s: %s, expected %s",
				     is_default ? "the default " : "", shown,
				     whose, reason, expected);
	return holds(kind, path, l->why) || loader_at(l, place, key);
}

static bool check_files_of(struct loader *l, const char *path, const char *list,
			   char *const *files, size_t count)
{
	char key[KEY_PATH];

	for (size_t i = 0; i < count; i++) {
		snprintf(key, sizeof(key), "%s.%s[%zu]", path, list, i);
		if (!check_file(l, key, files[i], FILE_ROOTS))
			return false;
	}
	return true;
}

static bool check_web(struct loader *l, const char *listen,
		      const struct config_web *web)
{
	const struct {
		const char *key, *path;
	} files[] = {
		{ "web.certificate", web->certificate },
		{ "web.key", web->key },
		{ "web.client_ca", web->client_ca },
		{ "web.token_file", web->token_file },
	};
	struct serve_guard *guard;
	const char *at_fault;
	char key[KEY_PATH];

	look_at_listen(l, listen, web);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (files[i].path &&
		    !check_file(l, files[i].key, files[i].path, FILE_WEB))
			return false;
	}
	if (!serve_guard_load(web, &guard, &at_fault, l->why)) {
		snprintf(key, sizeof(key), "web.%s", at_fault);
		return loader_at(l, node_place(l->tree.root, key), key);
	}
	serve_guard_free(guard);
	if (web->key)
		look_at_secret(l, "web.key", web->key);
	if (web->token_file)
		look_at_secret(l, "web.token_file", web->token_file);
	return true;
}

bool config_files_check(struct loader *l, const struct config *c)
{
	char path[KEY_PATH / 4], key[KEY_PATH];

	if (!check_web(l, c->listen, &c->web) ||
	    !check_file(l, "state", c->state, FILE_FOLDER) ||
	    !check_file(l, "database", c->database, FILE_DATABASE))
		return false;
	for (size_t i = 0; i < c->ca_count; i++) {
		const struct config_ca *ca = &c->cas[i];

		snprintf(path, sizeof(path), "cas[%zu]", i);
		if (!check_files_of(l, path, "tls_roots", ca->tls_roots,
				    ca->tls_root_count) ||
		    !check_files_of(l, path, "roots", ca->roots,
				    ca->root_count))
			return false;
		snprintf(key, sizeof(key), "%s.account_key", path);
		if (!check_file(l, key, ca->account_key, FILE_KEY))
			return false;
		look_at_secret(l, key, ca->account_key);
		snprintf(key, sizeof(key), "%s.eab.hmac_file", path);
		if (!ca->eab_hmac_file)
			continue;
		if (!check_file(l, key, ca->eab_hmac_file, FILE_MAC))
			return false;
		look_at_secret(l, key, ca->eab_hmac_file);
	}
	return true;
}

/* A file that is read each time may change; that it is there is seen now. */
static bool check_read(struct loader *l, const char *way, const char *name,
		       const char *path, enum file_kind kind)
{
	char key[KEY_PATH];

	if (!path)
		return true;
	snprintf(key, sizeof(key), "%s.%s", way, name);
	if (!check_file(l, key, path, kind))
		return false;
	if (kind == FILE_LINE || kind == FILE_URL)
		look_at_secret(l, key, path);
	return true;
}

static bool check_http(struct loader *l, const char *way,
		       const struct notify_http *h)
{
	char key[KEY_PATH], shown[CONFIG_SHOWN];

	if (h->url && notify_is_open(h->url)) {
		snprintf(key, sizeof(key), "%s.url", way);
		config_show(shown, h->url);
		warn(l, key,
		     "found %s, which others on the way can read and change, "
		     "expected an https URL, or one of this machine itself",
		     shown);
	}
	return check_read(l, way, "url_file", h->url_file, FILE_URL) &&
	       check_read(l, way, "token_file", h->token_file, FILE_LINE) &&
	       check_read(l, way, "ca_file", h->ca_file, FILE_ROOTS);
}

static bool check_receiver(struct loader *l, size_t i,
			   const struct notify_receiver *r)
{
	char way[KEY_PATH / 2];

	snprintf(way, sizeof(way), "notify[%zu].%s", i,
		 notify_way_name(notify_way(r)));
	switch (notify_way(r)) {
	case NOTIFY_WEBHOOK:
		return check_http(l, way, &r->webhook);
	case NOTIFY_ALERTMANAGER:
		return check_http(l, way, &r->alertmanager);
	case NOTIFY_COMMAND:
		return check_read(l, way, "argv[0]", r->argv[0], FILE_PROGRAM);
	case NOTIFY_MAIL:
		return check_read(l, way, "password_file",
				  r->mail.password_file, FILE_LINE) &&
		       check_read(l, way, "ca_file", r->mail.ca_file,
				  FILE_ROOTS);
	case NOTIFY_WAYS:
		break;
	}
	return true;
}

static bool check_receivers(struct loader *l, const struct hub_config *c)
{
	for (size_t i = 0; i < c->receiver_count; i++) {
		if (!check_receiver(l, i, &c->receivers[i]))
			return false;
	}
	return check_http(l, "heartbeat", &c->heartbeat);
}

/*
 * Its stations' files may come and go while it runs; those who ask with them
 * say what is wrong. Only what its start needs is refused.
 */
bool hub_config_files_check(struct loader *l, const struct hub_config *c)
{
	char key[KEY_PATH];

	if (!check_web(l, c->listen, &c->web) || !check_receivers(l, c))
		return false;
	for (size_t i = 0; i < c->station_count; i++) {
		const struct hub_station *s = &c->stations[i];

		snprintf(key, sizeof(key), "stations[%zu].ca_file", i);
		if (s->ca_file && !check_file(l, key, s->ca_file, FILE_ROOTS))
			return false;
		snprintf(key, sizeof(key), "stations[%zu].client_key", i);
		if (s->client_key)
			look_at_secret(l, key, s->client_key);
		snprintf(key, sizeof(key), "stations[%zu].token_file", i);
		if (s->token_file)
			look_at_secret(l, key, s->token_file);
	}
	for (size_t i = 0; i < c->status_page_count; i++) {
		const char *file = c->status_pages[i].ca_file;

		snprintf(key, sizeof(key), "status_pages[%zu].ca_file", i);
		if (file && !check_file(l, key, file, FILE_ROOTS))
			return false;
	}
	return true;
}
