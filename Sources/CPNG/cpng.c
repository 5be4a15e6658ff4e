#include "CPNG.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  jmp_buf recovery;
  char *message;
} failure;

typedef struct {
  const uint8_t *bytes;
  size_t count, position;
} source;

typedef struct {
  uint8_t *bytes;
  size_t count, capacity;
} sink;

static void fail(png_structp png, png_const_charp message) {
  failure *failure = png_get_error_ptr(png);
  snprintf(failure->message, CPNG_MESSAGE_SIZE, "%s", message);
  longjmp(failure->recovery, 1);
}

// What could change samples is made an error below; nothing else is worth a word.
static void warn(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void take(png_structp png, png_bytep bytes, size_t count) {
  source *source = png_get_io_ptr(png);
  if (count > source->count - source->position) png_error(png, "the file ends early");
  memcpy(bytes, source->bytes + source->position, count);
  source->position += count;
}

static void give(png_structp png, png_bytep bytes, size_t count) {
  sink *sink = png_get_io_ptr(png);
  if (count > sink->capacity - sink->count) {
    size_t capacity = sink->capacity + (sink->capacity > count ? sink->capacity : count) + 4096;
    uint8_t *grown = realloc(sink->bytes, capacity);
    if (grown == NULL) png_error(png, "out of memory");
    sink->bytes = grown;
    sink->capacity = capacity;
  }
  memcpy(sink->bytes + sink->count, bytes, count);
  sink->count += count;
}

static void flush(png_structp png) { (void)png; }

// Reads up to the image data; strict where a lenient reader would change samples.
static void begin_reading(png_structp png, png_infop info, source *source) {
  png_set_read_fn(png, source, take);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  // All but IHDR, PLTE, tRNS, IDAT and IEND is passed over: no gamma, no profile, no comment.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_set_benign_errors(png, 0);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_read_info(png, info);
}

static void copy_header(png_structp png, png_infop info, cpng_header *header) {
  memset(header, 0, sizeof *header);
  header->width = png_get_image_width(png, info);
  header->height = png_get_image_height(png, info);
  header->bit_depth = png_get_bit_depth(png, info);
  header->color_type = png_get_color_type(png, info);

  png_colorp palette = NULL;
  if (png_get_PLTE(png, info, &palette, &header->palette_count)) {
    for (int entry = 0; entry < header->palette_count && entry < 256; entry++) {
      header->palette[entry][0] = palette[entry].red;
      header->palette[entry][1] = palette[entry].green;
      header->palette[entry][2] = palette[entry].blue;
    }
  }

  png_bytep alpha = NULL;
  png_color_16p color = NULL;
  int alpha_count = 0;
  if (png_get_tRNS(png, info, &alpha, &alpha_count, &color)) {
    header->has_transparency = 1;
    if (header->color_type == PNG_COLOR_TYPE_PALETTE) {
      if (alpha_count > 256) alpha_count = 256;
      header->palette_alpha_count = alpha_count;
      if (alpha != NULL) memcpy(header->palette_alpha, alpha, (size_t)alpha_count);
    } else if (color != NULL) {
      int grey = header->color_type == PNG_COLOR_TYPE_GRAY;
      header->transparent[0] = grey ? color->gray : color->red;
      header->transparent[1] = color->green;
      header->transparent[2] = color->blue;
    }
  }
}

static void read_rows(png_structp png, png_infop info, uint8_t *samples, size_t row_bytes) {
  if (png_get_bit_depth(png, info) < 8) png_set_packing(png);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != row_bytes) png_error(png, "rows of an unexpected size");
  uint32_t height = png_get_image_height(png, info);
  for (int pass = 0; pass < passes; pass++)
    for (uint32_t y = 0; y < height; y++) png_read_row(png, samples + y * row_bytes, NULL);
  png_read_end(png, NULL);
}

static int read_png(
  const uint8_t *bytes, size_t count, cpng_header *header, uint8_t *samples, size_t row_bytes,
  char *message
) {
  failure failure = {.message = message};
  source source = {bytes, count, 0};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &failure, fail, warn);
  png_infop info = png == NULL ? NULL : png_create_info_struct(png);
  if (info == NULL) {
    png_destroy_read_struct(&png, NULL, NULL);
    snprintf(message, CPNG_MESSAGE_SIZE, "libpng could not start");
    return 0;
  }
  if (setjmp(failure.recovery)) {
    png_destroy_read_struct(&png, &info, NULL);
    return 0;
  }
  begin_reading(png, info, &source);
  if (header != NULL) copy_header(png, info, header);
  if (samples != NULL) read_rows(png, info, samples, row_bytes);
  png_destroy_read_struct(&png, &info, NULL);
  return 1;
}

int cpng_read_header(const uint8_t *bytes, size_t count, cpng_header *header, char *message) {
  return read_png(bytes, count, header, NULL, 0, message);
}

int cpng_read_samples(
  const uint8_t *bytes, size_t count, uint8_t *samples, size_t row_bytes, char *message
) {
  return read_png(bytes, count, NULL, samples, row_bytes, message);
}

// `sink` belongs to the caller: what changes after setjmp must not be local to its frame.
static int write_png(
  uint32_t width, uint32_t height, int bit_depth, int color_type, const uint8_t *samples,
  size_t row_bytes, sink *sink, char *message
) {
  failure failure = {.message = message};
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &failure, fail, warn);
  png_infop info = png == NULL ? NULL : png_create_info_struct(png);
  if (info == NULL) {
    png_destroy_write_struct(&png, NULL);
    snprintf(message, CPNG_MESSAGE_SIZE, "libpng could not start");
    return 0;
  }
  if (setjmp(failure.recovery)) {
    png_destroy_write_struct(&png, &info);
    return 0;
  }
  png_set_write_fn(png, sink, give, flush);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_IHDR(
    png, info, width, height, bit_depth, color_type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE,
    PNG_FILTER_TYPE_BASE);
  png_write_info(png, info);
  if (bit_depth < 8) png_set_packing(png);
  for (uint32_t y = 0; y < height; y++) png_write_row(png, samples + y * row_bytes);
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return 1;
}

int cpng_write(
  uint32_t width, uint32_t height, int bit_depth, int color_type, const uint8_t *samples,
  size_t row_bytes, uint8_t **bytes, size_t *count, char *message
) {
  sink sink = {NULL, 0, 0};
  if (!write_png(width, height, bit_depth, color_type, samples, row_bytes, &sink, message)) {
    free(sink.bytes);
    return 0;
  }
  *bytes = sink.bytes;
  *count = sink.count;
  return 1;
}
