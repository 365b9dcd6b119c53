// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/dialect.hpp"

#include "suite/ltp_output.hpp"
#include "suite/program_output.hpp"
#include "suite/stress_output.hpp"
#include "suite/vmtests_output.hpp"

#include <utility>

namespace assay::suite {

std::unique_ptr<Reader> make_reader(Dialect dialect, std::string category) {
  switch (dialect) {
    case Dialect::vmtests:
      return std::make_unique<VmtestsReader>();
    case Dialect::ltp:
      return std::make_unique<LtpReader>(std::move(category));
    case Dialect::stress:
      return std::make_unique<StressReader>(std::move(category));
    case Dialect::kselftest:
      break;
  }
  return std::make_unique<ProgramReader>(std::move(category));
}

}  // namespace assay::suite
