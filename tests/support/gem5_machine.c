/*
 * gem5_machine.c - a machine out of gem5's own parameters
 */
#include "support/gem5_machine.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "uarch/params.h"

struct reader {
	struct pv_uarch *u;
	bool *told;
	char *why; /* (256), empty while all is well */
};

static void complain(struct reader *r, const char *what, const char *detail)
{
	if (!*r->why)
		snprintf(r->why, 256, "%.60s: %.180s", what, detail);
}

static void put(struct reader *r, const char *param, const char *text)
{
	struct pv_error err = {0};
	if (pv_uarch_set_param(r->u, param, text, &err) != PV_OK)
		complain(r, param, err.message);
	else if (r->told)
		r->told[uarch_param_find(param) - uarch_params] = true;
}

static void put_int(struct reader *r, const char *param, json_int_t value)
{
	char text[32];
	snprintf(text, sizeof text, "%lld", (long long)value);
	put(r, param, text);
}

/* A scalar of an object, by gem5's key, into GROUP.NAME. */
static void copy(struct reader *r, const json_t *object, const char *key, const char *group, const char *name)
{
	char param[64];
	snprintf(param, sizeof param, "%s.%s", group, name);
	const json_t *v = json_object_get(object, key);
	if (json_is_integer(v))
		put_int(r, param, json_integer_value(v));
	else if (json_is_boolean(v))
		put(r, param, json_is_true(v) ? "true" : "false");
	else
		complain(r, key, "not in the file");
}

struct pair {
	const char *gem5, *ours;
};

static void copy_all(struct reader *r, const json_t *object, const char *group, const struct pair *pairs)
{
	for (; pairs->gem5; pairs++)
		copy(r, object, pairs->gem5, group, pairs->ours);
}

/* ---- core -------------------------------------------------------------------------------------------------------------------------- */

static const struct pair ooo_pairs[] = {{"fetchWidth", "fetch_width"},
                                        {"decodeWidth", "decode_width"},
                                        {"renameWidth", "rename_width"},
                                        {"dispatchWidth", "dispatch_width"},
                                        {"issueWidth", "issue_width"},
                                        {"wbWidth", "writeback_width"},
                                        {"commitWidth", "commit_width"},
                                        {"squashWidth", "squash_width"},
                                        {"fetchBufferSize", "fetch_buffer_bytes"},
                                        {"fetchQueueSize", "n_fetch_queue"},
                                        {"numROBEntries", "n_rob"},
                                        {"numIQEntries", "n_iq"},
                                        {"LQEntries", "n_lq"},
                                        {"SQEntries", "n_sq"},
                                        {"numPhysIntRegs", "n_phys_int"},
                                        {"numPhysFloatRegs", "n_phys_float"},
                                        {"numPhysVecRegs", "n_phys_vec"},
                                        {"numPhysVecPredRegs", "n_phys_pred"},
                                        {"numPhysCCRegs", "n_phys_cc"},
                                        {"fetchToDecodeDelay", "fetch_to_decode_cycles"},
                                        {"decodeToRenameDelay", "decode_to_rename_cycles"},
                                        {"renameToIEWDelay", "rename_to_issue_cycles"},
                                        {"renameToROBDelay", "rename_to_rob_cycles"},
                                        {"issueToExecuteDelay", "issue_to_execute_cycles"},
                                        {"iewToCommitDelay", "execute_to_commit_cycles"},
                                        {"decodeToFetchDelay", "decode_to_fetch_cycles"},
                                        {"commitToFetchDelay", "commit_to_fetch_cycles"},
                                        {"renameToDecodeDelay", "rename_to_decode_cycles"},
                                        {"iewToRenameDelay", "execute_to_rename_cycles"},
                                        {"commitToRenameDelay", "commit_to_rename_cycles"},
                                        {"commitToIEWDelay", "commit_to_execute_cycles"},
                                        {"trapLatency", "trap_latency_cycles"},
                                        {"cacheLoadPorts", "n_cache_load_ports"},
                                        {"cacheStorePorts", "n_cache_store_ports"},
                                        {"SSITSize", "n_ssit"},
                                        {"LFSTSize", "n_lfst"},
                                        {"store_set_clear_period", "store_set_clear_insns"},
                                        {"LSQDepCheckShift", "lsq_check_shift_bits"},
                                        {NULL, NULL}};

static const struct pair inorder_pairs[] = {{"executeInputWidth", "width"},
                                            {"fetch1FetchLimit", "n_fetch_lines"},
                                            {"executeIssueLimit", "issue_limit"},
                                            {"executeCommitLimit", "commit_limit"},
                                            {"executeMemoryIssueLimit", "memory_issue_limit"},
                                            {"executeMemoryCommitLimit", "memory_commit_limit"},
                                            {"fetch1ToFetch2ForwardDelay", "fetch1_to_fetch2_cycles"},
                                            {"fetch1ToFetch2BackwardDelay", "fetch2_to_fetch1_cycles"},
                                            {"fetch2ToDecodeForwardDelay", "fetch2_to_decode_cycles"},
                                            {"decodeToExecuteForwardDelay", "decode_to_execute_cycles"},
                                            {"executeBranchDelay", "branch_delay_cycles"},
                                            {"fetch2InputBufferSize", "n_fetch2_buffer"},
                                            {"decodeInputBufferSize", "n_decode_buffer"},
                                            {"executeInputBufferSize", "n_execute_buffer"},
                                            {"executeMaxAccessesInMemory", "n_outstanding"},
                                            {"executeLSQRequestsQueueSize", "n_memory_requests"},
                                            {"executeLSQTransfersQueueSize", "n_memory_transfers"},
                                            {"executeLSQStoreBufferSize", "n_store_buffer"},
                                            {"executeLSQMaxStoreBufferStoresPerCycle", "n_stores_per_cycle"},
                                            {"executeAllowEarlyMemoryIssue", "early_memory_issue"},
                                            {NULL, NULL}};

/* ---- functional units -------------------------------------------------------------------------------------------------------------- */

static int op_class(const char *name)
{
	for (unsigned c = 0; name && c < PV_N_OP_CLASSES; c++)
		if (!strcmp(pv_op_class_name(c), name))
			return (int)c;
	return -1;
}

/* The pool whose usual operations these are; any free one when it is taken by others. */
static enum uarch_pool choose_pool(const struct reader *r, uint64_t ops)
{
	static const struct {
		uint64_t has;
		enum uarch_pool pool;
	} usual[] = {
	    {1ull << PV_OP_IntMult, UARCH_POOL_int_muldiv},
	    {1ull << PV_OP_IntAlu, UARCH_POOL_int_alu},
	    {1ull << PV_OP_IntDiv, UARCH_POOL_int_div},
	    {1ull << PV_OP_MemRead | 1ull << PV_OP_MemWrite, UARCH_POOL_read_write},
	    {1ull << PV_OP_MemRead, UARCH_POOL_read},
	    {1ull << PV_OP_MemWrite, UARCH_POOL_write},
	    {1ull << PV_OP_SimdAdd | 1ull << PV_OP_SimdFloatSqrt | 1ull << PV_OP_FloatAdd, UARCH_POOL_simd},
	    {1ull << PV_OP_SimdAdd, UARCH_POOL_simd},
	    {1ull << PV_OP_FloatAdd, UARCH_POOL_fp_alu},
	    {1ull << PV_OP_FloatMult, UARCH_POOL_fp_muldiv},
	    {1ull << PV_OP_SimdPredAlu, UARCH_POOL_pred},
	    {1ull << PV_OP_IprAccess, UARCH_POOL_system},
	};
	const struct uarch_units *units = &r->u->units;
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
		enum uarch_pool pool = usual[i].pool;
		if ((ops & usual[i].has) == usual[i].has && (!units->count[pool] || units->ops[pool] == ops))
			return pool;
	}
	for (int pool = 0; pool < UARCH_N_POOLS; pool++)
		if (!units->count[pool])
			return (enum uarch_pool)pool;
	return UARCH_N_POOLS;
}

static void add_units(struct reader *r, uint64_t ops, int count)
{
	enum uarch_pool pool = choose_pool(r, ops);
	if (pool == UARCH_N_POOLS)
		complain(r, "functional units", "more pools than ours");
	else if (count) {
		r->u->units.ops[pool] = ops;
		r->u->units.count[pool] += count;
	}
}

static void set_latency(struct reader *r, int op, json_int_t latency, json_int_t interval)
{
	char param[64];
	snprintf(param, sizeof param, "operations.%s.latency_cycles", pv_op_class_name((unsigned)op));
	put_int(r, param, latency);
	snprintf(param, sizeof param, "operations.%s.interval_cycles", pv_op_class_name((unsigned)op));
	put_int(r, param, interval);
}

/* Out of order: {count, ops: [[class, latency, pipelined], ...]} */
static void read_pool(struct reader *r, const json_t *pool)
{
	uint64_t ops = 0;
	size_t i;
	json_t *op;
	json_array_foreach(json_object_get(pool, "ops"), i, op)
	{
		int c = op_class(json_string_value(json_array_get(op, 0)));
		json_int_t latency = json_integer_value(json_array_get(op, 1));
		if (c <= 0) {
			complain(r, "functional units", "unknown operation class");
			return;
		}
		ops |= 1ull << c;
		set_latency(r, c, latency, json_is_true(json_array_get(op, 2)) ? 1 : latency);
	}
	add_units(r, ops, (int)json_integer_value(json_object_get(pool, "count")));
}

/* Operand slack of a unit with one timing for all instructions. */
static void read_slack(struct reader *r, const json_t *unit, uint64_t ops)
{
	const json_t *timings = json_object_get(unit, "timings"), *timing = json_array_get(timings, 0);
	if (json_array_size(timings) != 1 || json_integer_value(json_object_get(timing, "mask")))
		return;
	json_int_t slack = json_integer_value(json_array_get(json_object_get(timing, "srcRegsRelativeLats"), 0));
	if (ops >> PV_OP_IntAlu & 1)
		put_int(r, "inorder.int_operand_slack_cycles", slack);
	if (ops >> PV_OP_IntMult & 1)
		put_int(r, "inorder.mul_operand_slack_cycles", slack);
	if (ops >> PV_OP_SimdAdd & 1)
		put_int(r, "inorder.simd_operand_slack_cycles", slack);
	if (ops >> PV_OP_MemRead & 1) {
		put_int(r, "inorder.memory_operand_slack_cycles", slack);
		put_int(r, "inorder.memory_assumed_cycles", json_integer_value(json_object_get(timing, "extraAssumedLat")));
	}
}

/* In order: {opLat, issueLat, ops: [class, ...], timings}, one for each unit */
static void read_unit(struct reader *r, const json_t *unit)
{
	uint64_t ops = 0;
	size_t i;
	json_t *op;
	json_array_foreach(json_object_get(unit, "ops"), i, op)
	{
		int c = op_class(json_string_value(op));
		if (c <= 0) {
			complain(r, "functional units", "unknown operation class");
			return;
		}
		ops |= 1ull << c;
		set_latency(r, c, json_integer_value(json_object_get(unit, "opLat")),
		            json_integer_value(json_object_get(unit, "issueLat")));
	}
	add_units(r, ops, 1);
	read_slack(r, unit, ops);
}

static void read_units(struct reader *r, const json_t *units, bool inorder)
{
	memset(&r->u->units, 0, sizeof r->u->units);
	for (int c = 1; c < PV_N_OP_CLASSES; c++)
		set_latency(r, c, 1, 1); /* a class without a unit takes a cycle */
	size_t i;
	json_t *unit;
	json_array_foreach(units, i, unit)
	{
		if (inorder)
			read_unit(r, unit);
		else
			read_pool(r, unit);
	}
}

/* ---- branch prediction, caches, buses, memory -------------------------------------------------------------------------------------- */

static void read_branch(struct reader *r, const json_t *bp)
{
	static const struct pair kinds[] = {{"BiModeBP", "bimode"},
	                                    {"TournamentBP", "tournament"},
	                                    {"LocalBP", "local"},
	                                    {"TAGE", "tage"},
	                                    {"LTAGE", "ltage"},
	                                    {"TAGE_SC_L_8KB", "tage_sc_l_8kb"},
	                                    {"TAGE_SC_L_64KB", "tage_sc_l_64kb"},
	                                    {"MultiperspectivePerceptron8KB", "mpp_8kb"},
	                                    {"MultiperspectivePerceptron64KB", "mpp_64kb"},
	                                    {"MultiperspectivePerceptronTAGE8KB", "mpp_tage_8kb"},
	                                    {"MultiperspectivePerceptronTAGE64KB", "mpp_tage_64kb"},
	                                    {NULL, NULL}};
	static const struct pair tables[] = {{"globalPredictorSize", "n_global"},
	                                     {"globalCtrBits", "global_counter_bits"},
	                                     {"choicePredictorSize", "n_choice"},
	                                     {"choiceCtrBits", "choice_counter_bits"},
	                                     {"localPredictorSize", "n_local"},
	                                     {"localCtrBits", "local_counter_bits"},
	                                     {"localHistoryTableSize", "n_local_history"},
	                                     {NULL, NULL}};
	static const struct pair common[] = {{"BTBEntries", "n_btb"},
	                                     {"BTBTagSize", "btb_tag_bits"},
	                                     {"RASSize", "n_ras"},
	                                     {"instShiftAmt", "inst_shift_bits"},
	                                     {NULL, NULL}};
	static const struct pair indirect[] = {{"indirectSets", "n_indirect_sets"},          {"indirectWays", "n_indirect_ways"},
	                                       {"indirectTagSize", "indirect_tag_bits"},     {"indirectPathLength", "indirect_path_length"},
	                                       {"indirectGHRBits", "indirect_history_bits"}, {NULL, NULL}};
	const char *type = json_string_value(json_object_get(bp, "type"));
	const struct pair *k = kinds;
	while (k->gem5 && strcmp(k->gem5, type ? type : ""))
		k++;
	if (!k->gem5) {
		complain(r, "branchPred", "unknown type");
		return;
	}
	put(r, "branch.kind", k->ours);
	copy_all(r, bp, "branch", common);
	for (const struct pair *t = tables; t->gem5; t++)
		if (json_object_get(bp, t->gem5))
			copy(r, bp, t->gem5, "branch", t->ours);
	const json_t *ind = json_object_get(bp, "indirectBranchPred");
	put(r, "branch.has_indirect", ind ? "true" : "false");
	if (ind)
		copy_all(r, ind, "branch", indirect);
}

static void put_name(struct reader *r, const char *group, const char *name, const char *text)
{
	char param[64];
	snprintf(param, sizeof param, "%s.%s", group, name);
	put(r, param, text);
}

static void read_cache(struct reader *r, const json_t *cache, const char *group)
{
	static const struct pair pairs[] = {{"assoc", "assoc"},
	                                    {"size", "size_bytes"},
	                                    {"tag_latency", "tag_latency_cycles"},
	                                    {"data_latency", "data_latency_cycles"},
	                                    {"response_latency", "response_latency_cycles"},
	                                    {"mshrs", "n_mshrs"},
	                                    {"tgts_per_mshr", "n_targets_per_mshr"},
	                                    {"write_buffers", "n_write_buffers"},
	                                    {"writeback_clean", "writeback_clean"},
	                                    {"prefetch_on_access", "prefetch_on_access"},
	                                    {NULL, NULL}};
	static const struct pair queue[] = {{"degree", "prefetch_degree"}, {"queue_size", "n_prefetch_queue"}, {NULL, NULL}};
	copy_all(r, cache, group, pairs);
	const char *inclusion = json_string_value(json_object_get(cache, "clusivity"));
	if (!strcmp(group, "l2"))
		put_name(r, group, "inclusion", inclusion && !strcmp(inclusion, "mostly_excl") ? "mostly_exclusive" : "mostly_inclusive");
	const char *policy = json_string_value(json_object_get(json_object_get(cache, "replacement_policy"), "type"));
	put_name(r, group, "replacement", policy && !strcmp(policy, "RandomRP") ? "random" : "lru");
	const json_t *prefetcher = json_object_get(cache, "prefetcher");
	put_name(r, group, "prefetcher", prefetcher ? "stride" : "none");
	if (prefetcher)
		copy_all(r, prefetcher, group, queue);
}

static void read_buses(struct reader *r, const json_t *buses)
{
	static const struct pair near[] = {{"frontend_latency", "l2_frontend_cycles"},
	                                   {"forward_latency", "l2_forward_cycles"},
	                                   {"response_latency", "l2_response_cycles"},
	                                   {"width", "l2_width_bytes"},
	                                   {NULL, NULL}};
	static const struct pair far[] = {{"frontend_latency", "memory_frontend_cycles"},
	                                  {"forward_latency", "memory_forward_cycles"},
	                                  {"response_latency", "memory_response_cycles"},
	                                  {"width", "memory_width_bytes"},
	                                  {NULL, NULL}};
	copy_all(r, json_array_get(buses, 0), "bus", near);
	copy_all(r, json_array_get(buses, 1), "bus", far);
}

static bool same_dram(const struct uarch_dram *d, const json_t *m)
{
	const struct {
		const char *key;
		int32_t value;
	} facts[] = {{"device_bus_width", d->device_bits},
	             {"devices_per_rank", d->n_devices},
	             {"ranks_per_channel", d->n_ranks},
	             {"bank_groups_per_rank", d->n_bank_groups},
	             {"banks_per_rank", d->n_banks},
	             {"burst_length", d->burst_beats},
	             {"device_rowbuffer_size", d->device_row_bytes},
	             {"read_buffer_size", d->n_read_buffer},
	             {"write_buffer_size", d->n_write_buffer},
	             {"tCK", d->tck_ps},
	             {"tBURST", d->tburst_ps},
	             {"tBURST_MIN", d->tburst_min_ps},
	             {"tBURST_MAX", d->tburst_max_ps},
	             {"tCCD_L", d->tccd_l_ps},
	             {"tCL", d->tcl_ps},
	             {"tRCD", d->trcd_ps},
	             {"tRP", d->trp_ps},
	             {"tRAS", d->tras_ps},
	             {"tRFC", d->trfc_ps},
	             {"tREFI", d->trefi_ps},
	             {"tWR", d->twr_ps},
	             {"tRTP", d->trtp_ps},
	             {"tWTR", d->twtr_ps},
	             {"tWTR_L", d->twtr_l_ps},
	             {"tRTW", d->trtw_ps},
	             {"tRRD", d->trrd_ps},
	             {"tRRD_L", d->trrd_l_ps},
	             {"tXAW", d->txaw_ps},
	             {"activation_limit", d->n_activates},
	             {"tCS", d->tcs_ps}};
	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
		if (json_integer_value(json_object_get(m, facts[i].key)) != facts[i].value)
			return false;
	const char *policy = json_string_value(json_object_get(m, "page_policy"));
	return policy && !strcmp(policy, "open_adaptive") == (d->page_policy == UARCH_PAGE_OPEN_ADAPTIVE);
}

static void read_memory(struct reader *r, const json_t *memory)
{
	int n_channels = 0;
	const struct uarch_dram *dram = NULL;
	size_t i;
	json_t *m;
	json_array_foreach(memory, i, m)
	{
		const char *type = json_string_value(json_object_get(m, "type"));
		if (type && !strcmp(type, "MemCtrl")) {
			put_int(r, "memory.frontend_latency_ps", json_integer_value(json_object_get(m, "static_frontend_latency")));
			put_int(r, "memory.backend_latency_ps", json_integer_value(json_object_get(m, "static_backend_latency")));
			continue;
		}
		n_channels++;
		for (int32_t t = 0; t < UARCH_N_DRAM_TYPES; t++)
			if (same_dram(uarch_dram_lookup(t), m))
				dram = uarch_dram_lookup(t);
		/* "begin:end:match:mask[:mask]": the smallest mask is the interleaving */
		const char *range = json_string_value(json_object_get(m, "range"));
		long long begin, end, match, mask;
		if (range && sscanf(range, "%lld:%lld:%lld:%lld", &begin, &end, &match, &mask) == 4)
			put_int(r, "memory.interleave_bytes", mask);
	}
	if (!dram)
		complain(r, "memory", "no such DRAM type");
	else
		put(r, "memory.type", dram->name);
	put_int(r, "memory.n_channels", n_channels);
}

static json_int_t clock_ps(const json_t *clocks, const char *domain)
{
	return json_integer_value(json_array_get(json_object_get(clocks, domain), 0));
}

bool gem5_machine_load(const char *path, struct pv_uarch *u, bool *told, char why[256])
{
	struct reader r = {u, told, why};
	*why = '\0';
	json_error_t error;
	json_t *root = json_load_file(path, 0, &error);
	if (!root) {
		snprintf(why, 256, "%.200s", error.text);
		return false;
	}
	const json_t *cpu = json_object_get(root, "cpu"), *pool = json_object_get(root, "fuPool"),
	             *clocks = json_object_get(root, "clocks_ps");
	bool inorder = !pool;
	uarch_defaults(u, inorder ? UARCH_CORE_INORDER : UARCH_CORE_OOO);
	put(&r, "core.kind", inorder ? "inorder" : "ooo");
	put_int(&r, "core.period_ps", clock_ps(clocks, "system.cpu_cluster.clk_domain"));
	put_int(&r, "bus.memory_period_ps", clock_ps(clocks, "system.clk_domain"));
	copy_all(&r, cpu, inorder ? "inorder" : "ooo", inorder ? inorder_pairs : ooo_pairs);
	read_units(&r, inorder ? json_object_get(root, "executeFuncUnits") : pool, inorder);
	read_branch(&r, json_object_get(root, "branchPred"));
	read_cache(&r, json_object_get(root, "icache"), "l1i");
	read_cache(&r, json_object_get(root, "dcache"), "l1d");
	put(&r, "l2.present", json_object_get(root, "l2") ? "true" : "false");
	if (json_object_get(root, "l2"))
		read_cache(&r, json_object_get(root, "l2"), "l2");
	read_buses(&r, json_object_get(root, "buses"));
	read_memory(&r, json_object_get(root, "memory"));
	const char *name = json_string_value(json_object_get(root, "name"));
	pv_uarch_rename(u, name ? name : "gem5", NULL);
	json_decref(root);
	return !*why;
}
