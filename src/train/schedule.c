/*
 * schedule.c - which rows each training stream runs at each step
 *
 * All memory is sized once: an epoch has at most one segment more per range than the grid has cells, and at most B pieces more than
 * segments.
 */
#include "train/schedule.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"

/* Where a stream is in its list of pieces. */
struct stream {
	size_t piece, end; /* pieces[piece..end) are left */
	uint64_t next;     /* next row to run in pieces[piece] */
	bool begun;        /* that piece has begun */
};

struct train_schedule {
	struct train_schedule_config config;
	struct data_range *ranges;
	int n_ranges;
	uint64_t total_rows;
	struct data_range *segments;
	uint32_t *order;
	struct data_range *pieces;
	struct stream *streams;
	uint64_t n_steps, step, n_rows;
};

enum pv_status train_schedule_new(const struct data_range *ranges, int n, const struct train_schedule_config *config,
                                  struct train_schedule **schedule, struct pv_error *err)
{
	FAIL_IF(config->n_streams < 1 || config->chunk_rows < 1 || config->warmup_rows < 0 || config->segment_rows < 1, err, PV_ERR_ARG,
	        "a schedule needs at least one stream, row per chunk and row per segment");
	uint64_t total = 0;
	for (int i = 0; i < n; i++)
		total += ranges[i].end - ranges[i].begin;
	FAIL_IF(!total, err, PV_ERR_ARG, "there are no training rows");
	struct train_schedule *s = calloc(1, sizeof *s);
	FAIL_IF(!s, err, PV_ERR_NOMEM, "out of memory");
	size_t max = data_ranges_cut_max(ranges, n, config->segment_rows);
	s->config = *config;
	s->n_ranges = n;
	s->total_rows = total;
	s->ranges = malloc((size_t)n * sizeof *s->ranges);
	s->segments = malloc(max * sizeof *s->segments);
	s->order = malloc(max * sizeof *s->order);
	s->pieces = malloc((max + (size_t)config->n_streams) * sizeof *s->pieces);
	s->streams = calloc((size_t)config->n_streams, sizeof *s->streams);
	if (!s->ranges || !s->segments || !s->order || !s->pieces || !s->streams) {
		train_schedule_free(s);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory");
	}
	memcpy(s->ranges, ranges, (size_t)n * sizeof *ranges);
	*schedule = s;
	return PV_OK;
}

void train_schedule_free(struct train_schedule *s)
{
	if (!s)
		return;
	free(s->ranges);
	free(s->segments);
	free(s->order);
	free(s->pieces);
	free(s->streams);
	free(s);
}

/* Rows a piece runs before its first counted one: the asked warm-up, lengthened to fill whole chunks, as far as the program has them. */
static uint64_t warmup_of(const struct train_schedule *s, const struct data_range *piece)
{
	uint64_t T = (uint64_t)s->config.chunk_rows;
	uint64_t warm = (uint64_t)s->config.warmup_rows;
	uint64_t over = (warm + (piece->end - piece->begin)) % T;
	if (warm && over)
		warm += T - over;
	return warm < piece->begin ? warm : piece->begin;
}

static uint64_t chunks_of(const struct train_schedule *s, const struct data_range *piece)
{
	uint64_t rows = warmup_of(s, piece) + (piece->end - piece->begin);
	return (rows + (uint64_t)s->config.chunk_rows - 1) / (uint64_t)s->config.chunk_rows;
}

/* Cuts the line of shuffled segments into B equal parts. */
static void deal(struct train_schedule *s, size_t n_segments)
{
	size_t n_pieces = 0, segment = 0;
	uint64_t used = 0; /* rows of the current segment already dealt */
	uint64_t B = (uint64_t)s->config.n_streams;
	s->n_steps = 0;
	for (uint64_t b = 0; b < B; b++) {
		uint64_t left = s->n_rows * (b + 1) / B - s->n_rows * b / B;
		uint64_t chunks = 0;
		s->streams[b] = (struct stream){.piece = n_pieces};
		while (left && segment < n_segments) {
			const struct data_range *from = &s->segments[s->order[segment]];
			struct data_range *piece = &s->pieces[n_pieces++];
			*piece = (struct data_range){from->program, from->begin + used, from->end};
			if (piece->end - piece->begin > left)
				piece->end = piece->begin + left;
			left -= piece->end - piece->begin;
			used += piece->end - piece->begin;
			if (piece->end == from->end) {
				segment++;
				used = 0;
			}
			chunks += chunks_of(s, piece);
		}
		s->streams[b].end = n_pieces;
		if (chunks > s->n_steps)
			s->n_steps = chunks;
	}
}

void train_schedule_begin(struct train_schedule *s, int epoch)
{
	struct base_random rng;
	base_random_init(&rng, s->config.seed ^ (0x9e3779b97f4a7c15u * ((uint64_t)epoch + 1)));
	uint64_t phase = base_random_below(&rng, s->config.segment_rows);
	double unit = base_random_unit(&rng);
	size_t n = data_ranges_cut(s->ranges, s->n_ranges, s->config.segment_rows, phase, s->config.epoch_rows, unit, s->segments);
	s->n_rows = 0;
	for (size_t i = 0; i < n; i++) {
		s->order[i] = (uint32_t)i;
		s->n_rows += s->segments[i].end - s->segments[i].begin;
	}
	base_random_shuffle(&rng, s->order, n);
	deal(s, n);
	s->step = 0;
}

uint64_t train_schedule_n_steps(const struct train_schedule *s)
{
	return s->n_steps;
}

uint64_t train_schedule_n_rows(const struct train_schedule *s)
{
	return s->n_rows;
}

static void advance(const struct train_schedule *s, struct stream *stream, struct train_slot *slot)
{
	*slot = (struct train_slot){.program = -1, .reset = true};
	if (stream->piece == stream->end)
		return;
	const struct data_range *piece = &s->pieces[stream->piece];
	slot->reset = !stream->begun;
	if (!stream->begun)
		stream->next = piece->begin - warmup_of(s, piece);
	stream->begun = true;
	slot->program = piece->program;
	slot->row = stream->next;
	uint64_t rows = piece->end - stream->next;
	slot->n_rows = (uint32_t)(rows < (uint64_t)s->config.chunk_rows ? rows : (uint64_t)s->config.chunk_rows);
	uint64_t warm = stream->next < piece->begin ? piece->begin - stream->next : 0;
	slot->n_warm = (uint32_t)(warm < slot->n_rows ? warm : slot->n_rows);
	stream->next += slot->n_rows;
	if (stream->next == piece->end) {
		stream->piece++;
		stream->begun = false;
	}
}

bool train_schedule_step(struct train_schedule *s, struct train_slot *slots)
{
	if (s->step == s->n_steps)
		return false;
	for (int b = 0; b < s->config.n_streams; b++)
		advance(s, &s->streams[b], &slots[b]);
	s->step++;
	return true;
}
