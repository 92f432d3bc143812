/* web_plan.c - the stored plans of the test world's messages. */
#include "web_help.h"

#include "connector/base/die.h"
#include "connector/base/mem.h"

const struct world_person world_people[WORLD_PEOPLE] = {
	{"new@customer.example.com", "external"},
	{"known@customer.example.com", "external"},
	{"ito@partner-a.example.org", "external"},
	{"keiri@group.example.net", "affiliated"},
	{"hanako.suzuki@example.co.jp", "internal"},
};

/* What each gets, as plan_json() writes it. */
static const char *const ways[WORLD_PEOPLE] = {
	"{\"shape\":1,\"bcc\":false,\"attachments\":[{\"name\":"
	"\"見積書_秋季展示会.pdf\",\"way\":\"zip\"},{\"name\":"
	"\"ブース図面.zip\",\"way\":\"attach\"}],\"zip\":{\"cipher\":"
	"\"aes256\"},\"password\":{\"make\":\"random\",\"tell\":"
	"\"password\",\"to\":[\"recipient\",\"sender\"],"
	"\"after-seconds\":180,\"proof\":\"password\"},\"sign\":\"smime\","
	"\"unbuilt\":[\"zip\",\"password\"]}",
	"{\"shape\":1,\"bcc\":true,\"attachments\":[{\"name\":\"a\","
	"\"way\":\"link\",\"way-if-protected\":\"attach\"}],\"link\":"
	"{\"keep-seconds\":604800,\"downloads\":20},\"tls\":{\"grade\":"
	"\"unknown\",\"settled\":false},\"password\":null}",
	"{\"shape\":2,\"bcc\":false,\"attachments\":[{\"name\":\"a\","
	"\"way\":\"link\"}],\"link\":{\"keep-seconds\":259200,"
	"\"downloads\":5},\"password\":{\"make\":\"registered\","
	"\"tell\":\"hint\",\"to\":[\"recipient\"],\"after-seconds\":0,"
	"\"proof\":\"mailed-code\"},\"tls\":{\"grade\":"
	"\"valid-certificate\"}}",
	/* went out as it came */
	"{\"shape\":1,\"bcc\":true,\"attachments\":[{\"name\":\"a\","
	"\"way\":\"zip\"}],\"password\":{\"make\":\"random\"}}",
	"{\"shape\":0,\"attachments\":[]}",
};
static const char edits[] =
	"[{\"shape\":1,\"hide\":[\"known@customer.example.com\","
	"\"keiri@group.example.net\"],\"insert\":[]},{\"shape\":2,"
	"\"hide\":[],\"insert\":[{\"at\":\"head\",\"text\":"
	"\"秘密保持契約に基づく情報を含みます。\"},{\"at\":\"tail\","
	"\"text\":\"Confidential\"}]}]";

/* Files of make_view(), as they are. */
static const char plain[] =
	"{\"shape\":0,\"attachments\":[{\"name\":\"見積書_秋季展示会.pdf\","
	"\"way\":\"attach\"},{\"name\":\"ブース図面.zip\",\"way\":"
	"\"attach\"}]}";

static struct json *parsed(const char *text)
{
	struct err e = ERR_EMPTY;
	struct json *j = json_parse(str_of(text), &e);

	if (!j)
		panic("test world: %s", e.text);
	return j;
}

void world_plan(enum world_case c, struct buf *out)
{
	struct json *plan = json_object();
	struct json *list = json_add_array(plan, "recipients");
	struct json *rules = json_add_array(plan, "rules");
	struct json *way = json_add_object(plan, "smallest-change");
	bool hostile = c == CASE_HOSTILE;

	for (size_t i = 0; i < WORLD_PEOPLE; i++) {
		bool differ = c == CASE_WAYS;
		struct json *o = json_add(list, NULL,
					  parsed(differ ? ways[i] : plain));
		struct json *r = json_add_object(o, "reasons");

		json_add_cstr(o, "address", world_people[i].address);
		json_add_cstr(o, "class", world_people[i].class);
		if (!differ)
			json_add_bool(o, "bcc", i == 1);
		json_add_cstr(o, "outcome", i < 3 ? "hold" : "deliver");
		json_add_cstr(json_add_array(r, "ja"), NULL,
			      hostile ? WORLD_HOSTILE
			      : i < 3 ? "社外の宛先なので5分間保留します"
				      : "社内の宛先なのですぐに送ります");
		json_add_cstr(json_add_array(r, "en"), NULL,
			      hostile ? WORLD_HOSTILE
			      : i < 3 ? "Mail to outside is held for 5 minutes"
				      : "Mail inside is sent at once");
	}
	if (c == CASE_WAYS)
		json_add(plan, "edits", parsed(edits));
	json_add_cstr(rules, NULL, hostile ? WORLD_HOSTILE : "hold-external");
	json_add_cstr(way, "ja", "new@customer.example.com を外してください");
	json_add_cstr(way, "en", "Remove new@customer.example.com");
	json_print(plan, out, false);
	json_free(&plan);
}
