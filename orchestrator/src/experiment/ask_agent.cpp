// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/process.hpp"
#include "experiment/catalogue.hpp"

namespace assay::experiment {

Task<Result<Catalogue>> ask_agent(std::filesystem::path agent) {
  Command command;
  command.argv = {agent.string(), "--describe"};
  const auto answer = co_await with_deadline(std::chrono::seconds(10), agent.string() + " --describe",
                                             output_of(std::move(command)));
  if (!answer) {
    co_return answer.error().within("ask the agent what it can do");
  }
  co_return Catalogue::from_json(*answer);
}

}  // namespace assay::experiment
