/* xml_read.c - libxml2's parser (wall); see xml_int.h. */
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include "connector/extract/xml_int.h"

/* Each attribute is five pointers: name, prefix, space, value, its end. */
enum { ATTR_NAME, ATTR_PREFIX, ATTR_SPACE, ATTR_VALUE, ATTR_END, ATTR_WIDTH };

struct xml_attrs {
	const xmlChar **v;
	int n;
};

struct run {
	const struct xml_events *ev;
	ptrdiff_t (*read)(void *arg, void *to, size_t n);
	void *read_arg;
	xmlParserCtxtPtr parser;
	bool declares, unread;
};

static struct str of_xml(const xmlChar *s)
{
	return str_of((const char *)s);
}

struct str xml_attr(const struct xml_attrs *attrs, const char *name)
{
	for (int i = 0; i < attrs->n; i++) {
		const xmlChar **a = attrs->v + i * ATTR_WIDTH;

		if (strcmp((const char *)a[ATTR_NAME], name) == 0)
			return str_n(a[ATTR_VALUE],
				     (size_t)(a[ATTR_END] - a[ATTR_VALUE]));
	}
	return STR_EMPTY;
}

bool xml_attr_next(const struct xml_attrs *attrs, size_t *i, struct str *name_r,
		   struct str *value_r)
{
	const xmlChar **a;

	if (*i >= (size_t)attrs->n)
		return false;
	a = attrs->v + (*i)++ * ATTR_WIDTH;
	*name_r = of_xml(a[ATTR_NAME]);
	*value_r = str_n(a[ATTR_VALUE], (size_t)(a[ATTR_END] - a[ATTR_VALUE]));
	return true;
}

static void on_begin(void *ctx, const xmlChar *name, const xmlChar *prefix,
		     const xmlChar *space, int spaces_n, const xmlChar **spaces,
		     int attr_n, int default_n, const xmlChar **attrs)
{
	struct run *r = ctx;
	struct xml_attrs a = {attrs, attr_n};

	(void)prefix;
	(void)spaces_n;
	(void)spaces;
	(void)default_n;
	r->ev->begin(r->ev->arg, of_xml(name), of_xml(space), &a);
}

static void on_end(void *ctx, const xmlChar *name, const xmlChar *prefix,
		   const xmlChar *space)
{
	struct run *r = ctx;

	(void)prefix;
	(void)space;
	r->ev->end(r->ev->arg, of_xml(name));
}

static void on_text(void *ctx, const xmlChar *text, int n)
{
	struct run *r = ctx;

	r->ev->text(r->ev->arg, str_n(text, (size_t)n));
}

static void refuse(struct run *r)
{
	r->declares = true;
	xmlStopParser(r->parser);
}

static void on_doctype(void *ctx, const xmlChar *name, const xmlChar *public_id,
		       const xmlChar *system_id)
{
	struct run *r = ctx;

	(void)name;
	(void)public_id;
	(void)system_id;
	if (!r->ev->type_ok)
		refuse(r);
}

static void on_entity(void *ctx, const xmlChar *name, int type,
		      const xmlChar *public_id, const xmlChar *system_id,
		      xmlChar *content)
{
	(void)name;
	(void)type;
	(void)public_id;
	(void)system_id;
	(void)content;
	refuse(ctx);
}

static void on_attribute(void *ctx, const xmlChar *element, const xmlChar *name,
			 int type, int def, const xmlChar *value,
			 xmlEnumerationPtr tree)
{
	(void)element;
	(void)name;
	(void)type;
	(void)def;
	(void)value;
	xmlFreeEnumeration(tree);
	refuse(ctx);
}

/* An entity that nobody has declared here. */
static void on_reference(void *ctx, const xmlChar *name)
{
	(void)name;
	refuse(ctx);
}

static void on_error(void *ctx, const char *text, ...)
{
	(void)ctx;
	(void)text;
}

static int on_read(void *ctx, char *to, int n)
{
	struct run *r = ctx;
	ptrdiff_t got = -1;

	if (!r->ev->enough || !r->ev->enough(r->ev->arg))
		got = r->read(r->read_arg, to, (size_t)n);
	if (got < 0) {
		r->unread = true;
		return -1;
	}
	return (int)got;
}

static int on_close(void *ctx)
{
	(void)ctx;
	return 0;
}

static xmlSAXHandler handler = {
	.initialized = XML_SAX2_MAGIC,
	.startElementNs = on_begin,
	.endElementNs = on_end,
	.characters = on_text,
	.cdataBlock = on_text,
	.ignorableWhitespace = on_text,
	.internalSubset = on_doctype,
	.entityDecl = on_entity,
	.attributeDecl = on_attribute,
	.reference = on_reference,
	.warning = on_error,
	.error = on_error,
	.fatalError = on_error,
};

enum xml_result xml_read(ptrdiff_t (*read)(void *arg, void *to, size_t n),
			 void *read_arg, const struct xml_events *events)
{
	struct run r = {.ev = events, .read = read, .read_arg = read_arg};
	bool well;

	r.parser = xmlCreateIOParserCtxt(&handler, &r, on_read, on_close, &r,
					 XML_CHAR_ENCODING_NONE);
	if (!r.parser)
		return r.unread ? XML_UNREAD : XML_BROKEN;
	xmlCtxtUseOptions(r.parser, XML_PARSE_NONET | XML_PARSE_NOERROR |
					    XML_PARSE_NOWARNING);
	(void)xmlParseDocument(r.parser);
	well = r.parser->wellFormed;
	/* A first declaration has made one, whatever the events are. */
	if (r.parser->myDoc)
		xmlFreeDoc(r.parser->myDoc);
	xmlFreeParserCtxt(r.parser);
	if (r.declares)
		return XML_DECLARES;
	if (r.unread)
		return XML_UNREAD;
	return well ? XML_OK : XML_BROKEN;
}

void xml_load(void)
{
	xmlInitParser();
}
