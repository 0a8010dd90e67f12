# What `cmake --install` puts where.

include(GNUInstallDirs)
install(TARGETS acmeter RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES LICENSE README.md CHANGELOG.md
	DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)
install(DIRECTORY tests/scenarios DESTINATION ${CMAKE_INSTALL_DOCDIR}
	FILES_MATCHING PATTERN "*.yaml")
install(DIRECTORY packaging/nginx packaging/prometheus
	DESTINATION ${CMAKE_INSTALL_DOCDIR}/packaging)

file(GLOB pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/man/*.1
	${CMAKE_SOURCE_DIR}/man/*.5)
foreach(page ${pages})
	string(REGEX REPLACE ".*\\." "" section ${page})
	install(FILES ${page}
		DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()

install(FILES packaging/completions/acmeter.bash RENAME acmeter
	DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES packaging/completions/_acmeter
	DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)

configure_file(packaging/systemd/acmeter-station.service.in
	acmeter-station.service @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/acmeter-station.service
	DESTINATION ${CMAKE_INSTALL_PREFIX}/lib/systemd/system)
