// libpng reports errors with longjmp, which must not cross Swift frames. Every libpng call that can
// fail is made here, inside one C frame, and its message is handed back.

#ifndef CPNG_H
#define CPNG_H

#include <stddef.h>
#include <stdint.h>

// The room a message takes, its closing zero included.
#define CPNG_MESSAGE_SIZE 256

// What IHDR, PLTE and tRNS say. Sample values are in the file's own depth.
typedef struct {
  uint32_t width, height;
  int bit_depth;   // 1, 2, 4, 8 or 16
  int color_type;  // 0 grey, 2 RGB, 3 palette, 4 grey + alpha, 6 RGBA
  int palette_count;
  uint8_t palette[256][3];
  int has_transparency;
  int palette_alpha_count;
  uint8_t palette_alpha[256];
  uint16_t transparent[3];  // grey, or red, green, blue
} cpng_header;

// All functions return 1, or 0 with a message of at most CPNG_MESSAGE_SIZE bytes.

// Reads what stands before the image data.
int cpng_read_header(const uint8_t *bytes, size_t count, cpng_header *header, char *message);

// Reads all rows, one byte per sample for depths up to 8 (neither scaled nor packed), two big-endian
// bytes for 16. Palette indices stay indices.
int cpng_read_samples(
  const uint8_t *bytes, size_t count, uint8_t *samples, size_t row_bytes, char *message);

// Writes a file from rows laid out as cpng_read_samples gives them. On success the caller frees
// *bytes.
int cpng_write(
  uint32_t width, uint32_t height, int bit_depth, int color_type, const uint8_t *samples,
  size_t row_bytes, uint8_t **bytes, size_t *count, char *message);

#endif
