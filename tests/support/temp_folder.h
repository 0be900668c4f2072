/*
 * temp_folder.h - cmocka set-up and tear-down: a test in an empty folder of its own, which goes with it
 */
#ifndef TESTS_SUPPORT_TEMP_FOLDER_H
#define TESTS_SUPPORT_TEMP_FOLDER_H

/* temp_folder_enter - make a new folder and go there; *state owns its name */
int temp_folder_enter(void **state);

/* temp_folder_leave - go to /, remove the folder and all in it */
int temp_folder_leave(void **state);

#endif
