# demo.mk - the main job, end to end

demo: ensure-deps
	@$(MAKE) --no-print-directory $(JOBS) all
	@demo/run.sh $(BUILD)
