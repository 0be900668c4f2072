# demo.mk - the main job, end to end

demo: all
	@demo/run.sh $(BUILD)
