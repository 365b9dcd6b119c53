// SPDX-License-Identifier: GPL-2.0-or-later
// What make says of programs that it cannot build.
#include "suite/programs.hpp"

#include <gmock/gmock.h>

namespace assay::suite {
namespace {

using testing::ElementsAre;
using testing::FieldsAre;
using testing::IsEmpty;

TEST(Programs, ThatDoNotCompileAreNamedWithTheReason) {
  EXPECT_THAT(not_built_of("make[1]: Entering directory '/x/mm'\n"
                           "  CC       hmm-tests\n"
                           "migration.c:12:10: fatal error: numa.h: No such file or directory\n"
                           "   12 | #include <numa.h>\n"
                           "compilation terminated.\n"
                           "make[1]: *** [../lib.mk:221: /x/mm/migration] Error 1\n"
                           "make[1]: Leaving directory '/x/mm'\n"
                           "make[1]: Entering directory '/x/mm'\n"
                           "khugepaged.c:1195:24: error: 'KSFT_SKIP' undeclared\n"
                           "khugepaged.c:1200:24: error: another\n"
                           "make[1]: *** [../lib.mk:222: /x/mm/khugepaged] Error 1\n"
                           "make[1]: Leaving directory '/x/mm'\n"
                           "make[1]: Target 'all' not remade because of errors.\n"
                           "make: *** [Makefile:198: all] Error 2\n"),
              ElementsAre(FieldsAre("migration",
                                    "migration.c:12:10: fatal error: numa.h: No such file or directory; "
                                    "apt install libnuma-dev"),
                          FieldsAre("khugepaged", "khugepaged.c:1195:24: error: 'KSFT_SKIP' undeclared")));
  EXPECT_THAT(not_built_of("  CC  cow\n"), IsEmpty());
}

}  // namespace
}  // namespace assay::suite
