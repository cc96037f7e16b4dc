/* The frames by which nodes tell each other of names and members; see
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

struct ln_frame *ln_service_frame_added(const struct ln_service_entry *entry)
{
	const struct ln_service_name *name = entry->name;
	struct ln_frame_encoder writer;

	if (name->kind == LN_SERVICE_NAMES) {
		ln_frame_encoder_begin(&writer, LN_KIND_NAMED, entry->bytes);
		ln_frame_encoder_u64(&writer, entry->rank);
	} else {
		ln_frame_encoder_begin(&writer, LN_KIND_JOINED, entry->bytes);
	}
	ln_frame_encoder_id(&writer, entry->process->id);
	put_text(&writer, name->text, name->len);
	if (name->kind == LN_SERVICE_NAMES)
		put_text(&writer, entry->text, entry->version_len);
	return ln_frame_encoder_finish(&writer);
}

struct ln_frame *ln_service_frame_removed(const struct ln_service_entry *entry)
{
	const struct ln_service_name *name = entry->name;
	struct ln_frame_encoder writer;

	if (name->kind == LN_SERVICE_NAMES) {
		ln_frame_encoder_begin(&writer, LN_KIND_UNNAMED, entry->bytes);
		put_text(&writer, name->text, name->len);
		put_text(&writer, entry->text, entry->version_len);
	} else {
		ln_frame_encoder_begin(&writer, LN_KIND_LEFT, entry->bytes);
		ln_frame_encoder_id(&writer, entry->process->id);
		put_text(&writer, name->text, name->len);
	}
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

struct ln_frame *ln_service_frame_all(const struct ln_services *services)
{
	struct ln_frame_encoder writer;

	ln_frame_encoder_begin(&writer, LN_KIND_TOLD, 21);
	ln_frame_encoder_u8(&writer, 0);
	ln_frame_encoder_u32(&writer, services->own.count);
	ln_frame_encoder_u64(&writer, services->own.digest);
	ln_frame_encoder_u64(&writer, services->clock);
	return ln_frame_encoder_finish(&writer);
}
