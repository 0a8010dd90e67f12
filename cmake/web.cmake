# acmeter_script(OUT): the script of the page, out of web/src. What that takes
# from npm is in build/web, one folder for all builds.
function(acmeter_script out)
	file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/web/src/*.ts)
	set(script ${CMAKE_SOURCE_DIR}/script)
	set(web ${CMAKE_SOURCE_DIR}/web)
	add_custom_command(OUTPUT ${out}
		COMMAND ${script}/bundle ${out}
		DEPENDS ${sources} ${web}/package-lock.json ${web}/tsconfig.json
			${script}/bundle ${script}/npm-install
		COMMENT "Bundling the script of the page" VERBATIM)
endfunction()
