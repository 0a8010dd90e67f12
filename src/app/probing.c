#include "app/probing.h"

#include <stdlib.h>
#include <string.h>

#include "app/user_agent.h"
#include "base/mem.h"
#include "base/text.h"
#include "edge/file.h"
#include "edge/jws.h"

/* --- what an issuance needs --------------------------------------------- */

static bool load_roots(const struct probe_list *list, struct trust **ret_trust,
		       struct fail *why)
{
	return trust_load((const char *const *)list->items, list->count,
			  ret_trust, why);
}

static bool prepare_trust(struct probing *p, struct fail *why)
{
	const struct probe_options *o = p->options;

	if (text_starts(o->directory, "https:") &&
	    !load_roots(&o->tls_roots, &p->tls_roots, why))
		return false;
	if (o->shallow)
		return true;
	if (p->tls_roots && o->roots.count == 0 && o->tls_roots.count == 0) {
		p->roots = p->tls_roots;
		return true;
	}
	return load_roots(&o->roots, &p->roots, why);
}

/* The account of this user, kept between probes. */
static bool default_account_path(struct buf *path, struct fail *why)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (state && state[0] == '/')
		buf_addf(path, "%s/acmeter", state);
	else if (home && home[0] == '/')
		buf_addf(path, "%s/.local/state/acmeter", home);
	else
		return fail_set(why, FAIL_FILE,
				"neither XDG_STATE_HOME nor HOME says where "
				"the account key is kept; use --account-key");
	if (!file_make_folders(buf_text(path), why))
		return fail_at(why, "the account key's default place (use "
				    "--account-key for another)");
	buf_add_text(path, "/account.key");
	return true;
}

/* Tried before the CA is asked, which may need it much later or not at all. */
static bool prepare_binding(struct probing *p, struct fail *why)
{
	const struct probe_options *o = p->options;

	if (!o->eab_hmac_file)
		return true;
	if (!file_read_line(o->eab_hmac_file, &p->eab_hmac, why))
		return false;
	if (jws_mac_check(p->eab_hmac, why))
		return true;
	why->code = FAIL_FILE;
	return fail_at(why, "%s", o->eab_hmac_file);
}

static bool prepare_account(struct probing *p, struct fail *why)
{
	const struct probe_options *o = p->options;
	struct buf path = BUF_INIT(4096);
	bool made = false;
	bool good = o->account_key ? buf_add_text(&path, o->account_key)
				   : default_account_path(&path, why);

	good = good &&
	       key_load_or_make(buf_text(&path), o->account_key_type,
				&p->account, &made, why) &&
	       key_thumbprint(p->account, &p->thumbprint, why) &&
	       prepare_binding(p, why);
	buf_release(&path);
	p->setup.flow.account_known = !made;
	return good;
}

static bool prepare_network(struct probing *p, struct fail *why)
{
	const struct probe_options *o = p->options;

	if (!loop_new(&p->loop, why) ||
	    !http_new(p->loop, USER_AGENT, &p->http, why))
		return false;
	return o->shallow ||
	       responder_new(p->loop, o->responder, &p->responder, why);
}

static bool choose_name(struct probing *p, struct fail *why)
{
	if (p->options->names.count > 0)
		return true;
	if (!invented_name(p->invented, why))
		return false;
	p->options->names.items[0] = p->invented;
	p->options->names.count = 1;
	return true;
}

static bool prepare_host(struct probing *p, struct fail *why)
{
	struct url url;

	if (!url_parse(p->options->directory, &url, why)) {
		why->code = FAIL_INPUT;
		return false;
	}
	url_print_authority(p->host, &url);
	return true;
}

static void fill_setup(struct probing *p)
{
	const struct probe_options *o = p->options;
	bool known = p->setup.flow.account_known;

	p->setup = (struct issue_setup){
		.loop = p->loop,
		.http = p->http,
		.session = { .trust = p->tls_roots,
			     .family = o->family,
			     .limits = o->timeouts,
			     .resolve = o->resolve },
		.responder = p->responder,
		.roots = p->roots,
		.account = p->account,
		.thumbprint = p->thumbprint,
		.key_type = o->key_type,
		.eab_kid = o->eab_kid,
		.eab_hmac = p->eab_hmac,
		.flow = { .directory_url = o->directory,
			  .challenge = CHALLENGE_HTTP_01,
			  .shallow = o->shallow,
			  .revoke = o->revoke,
			  .account_known = known,
			  .contact = o->contact,
			  .limits = o->limits,
			  .policy = { .allow_http = o->allow_http,
				      .hosts = (const char *const *)
						       o->hosts.items,
				      .host_count = o->hosts.count } },
	};
}

bool probing_prepare(struct probing *p, struct probe_options *options,
		     struct fail *why)
{
	*p = (struct probing){ .options = options };
	if (!prepare_host(p, why) || !prepare_trust(p, why) ||
	    !prepare_account(p, why) || !prepare_network(p, why) ||
	    !choose_name(p, why))
		return false;
	fill_setup(p);
	return true;
}

void probing_release(struct probing *p)
{
	responder_free(p->responder);
	http_free(p->http);
	loop_free(p->loop);
	if (p->roots != p->tls_roots)
		trust_free(p->roots);
	trust_free(p->tls_roots);
	key_free(p->account);
	free(p->thumbprint);
	free(p->eab_hmac);
}

struct issue *probing_start(struct probing *p, const struct issue_owner *owner,
			    struct fail *why)
{
	const struct probe_list *names = &p->options->names;

	return issue_start(&p->setup, (const char *const *)names->items,
			   names->count, owner, why);
}
