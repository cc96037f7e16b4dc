/* The frames by which nodes tell each other of names; see
 * service_sessions.c. */
#include "node/frame_encoder.h"
#include "node/services_impl.h"
#include "process/process.h"

static void put_text(struct ln_frame_encoder *writer, const char *text,
		     size_t len)
{
	ln_frame_encoder_u32(writer, (uint32_t)len);
	ln_frame_encoder_bytes(writer, text, len);
}

static void put_key(struct ln_frame_encoder *writer,
		    const struct ln_service_entry *entry)
{
	put_text(writer, entry->name->text, entry->name->len);
	put_text(writer, entry->text, entry->version_len);
}

struct ln_frame *ln_service_frame_added(const struct ln_service_entry *entry)
{
	struct ln_frame_encoder writer;

	ln_frame_encoder_begin(&writer, LN_KIND_NAMED, entry->bytes);
	ln_frame_encoder_u64(&writer, entry->rank);
	ln_frame_encoder_id(&writer, entry->process->id);
	put_key(&writer, entry);
	return ln_frame_encoder_finish(&writer);
}

struct ln_frame *ln_service_frame_removed(const struct ln_service_entry *entry)
{
	struct ln_frame_encoder writer;

	ln_frame_encoder_begin(&writer, LN_KIND_UNNAMED, entry->bytes);
	put_key(&writer, entry);
	return ln_frame_encoder_finish(&writer);
}

struct ln_frame *ln_service_frame_want(void)
{
	struct ln_frame_encoder writer;

	ln_frame_encoder_begin(&writer, LN_KIND_WANT, 0);
	return ln_frame_encoder_finish(&writer);
}

struct ln_frame *ln_service_frame_more(void)
{
	struct ln_frame_encoder writer;

	ln_frame_encoder_begin(&writer, LN_KIND_TOLD, 1);
	ln_frame_encoder_u8(&writer, 1);
	return ln_frame_encoder_finish(&writer);
}

struct ln_frame *ln_service_frame_all(const struct ln_service_source *own)
{
	struct ln_frame_encoder writer;

	ln_frame_encoder_begin(&writer, LN_KIND_TOLD, 13);
	ln_frame_encoder_u8(&writer, 0);
	ln_frame_encoder_u32(&writer, own->count);
	ln_frame_encoder_u64(&writer, own->digest);
	return ln_frame_encoder_finish(&writer);
}
