# demo.mk - the main job, end to end

demo: all
	@sh demo/run.sh $(BUILD)
