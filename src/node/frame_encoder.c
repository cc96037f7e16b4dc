/* Writing frames. */
#include "node/frame_encoder.h"

#include "base/error.h"

#define HEAD sizeof(struct ln_frame)

void ln_frame_encoder_begin(struct ln_frame_encoder *writer, uint8_t kind,
			    size_t room)
{
	writer->frame = (struct ln_bytes){
		.max = HEAD + LN_FRAME_MAX,
		.first = HEAD + 1 + room,
	};
	(void)ln_bytes_extend(&writer->frame, HEAD);
	ln_frame_encoder_u8(writer, kind);
}

void ln_frame_encoder_fail(struct ln_frame_encoder *writer)
{
	ln_bytes_deinit(&writer->frame);
	writer->frame.error = LN_ELIMIT;
}

size_t ln_frame_encoder_room(const struct ln_frame_encoder *writer)
{
	return writer->frame.error == 0 ? writer->frame.max - writer->frame.len
					: 0;
}

/* Little-endian, as all hosts that this runs on. */
void ln_frame_encoder_bytes(struct ln_frame_encoder *writer, const void *bytes,
			    size_t len)
{
	ln_bytes_add(&writer->frame, bytes, len);
}

void ln_frame_encoder_u8(struct ln_frame_encoder *writer, uint8_t value)
{
	ln_frame_encoder_bytes(writer, &value, sizeof(value));
}

void ln_frame_encoder_u32(struct ln_frame_encoder *writer, uint32_t value)
{
	ln_frame_encoder_bytes(writer, &value, sizeof(value));
}

void ln_frame_encoder_u64(struct ln_frame_encoder *writer, uint64_t value)
{
	ln_frame_encoder_bytes(writer, &value, sizeof(value));
}

void ln_frame_encoder_id(struct ln_frame_encoder *writer,
			 const uint8_t id[LN_ID_SIZE])
{
	ln_frame_encoder_bytes(writer, id, LN_ID_SIZE);
}

struct ln_frame *ln_frame_encoder_finish(struct ln_frame_encoder *writer)
{
	struct ln_frame *frame;

	if (writer->frame.error != 0 || writer->frame.data == NULL) {
		ln_frame_encoder_fail(writer);
		return NULL;
	}
	frame = (struct ln_frame *)(void *)writer->frame.data;
	frame->next = NULL;
	frame->len = writer->frame.len - HEAD;
	writer->frame = (struct ln_bytes){ .error = LN_EINVAL };
	return frame;
}
