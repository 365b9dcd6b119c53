// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/remove.hpp"

#include "store/database.hpp"
#include "store/runs.hpp"
#include "store/texts.hpp"

#include <fmt/format.h>

namespace assay::store {

Result<std::map<std::string, Bytes>> sizes_of_runs(const std::filesystem::path& path) {
  using Sizes = std::map<std::string, Bytes>;
  auto database = Database::open_to_read(path, Process::only_reads);
  if (!database) {
    return database.error();
  }
  return database->read("measure the runs", [&]() -> Result<Sizes> {
    Sizes sizes;
    Query query(
        *database,
        "SELECT run.name, coalesce(sum(length(sample_block.data)), 0) FROM run "
        "LEFT JOIN trial ON trial.run = run.id LEFT JOIN sample_block ON sample_block.trial = trial.id "
        "GROUP BY run.id");
    while (query.next()) {
      sizes.emplace(query.text(0), Bytes(query.bits(1)));
    }
    return sizes;
  });
}

Status remove_runs(const std::filesystem::path& path, const std::vector<std::string>& runs) {
  auto database = Database::open(path);
  if (!database) {
    return database.error();
  }
  auto removed = database->write("remove runs", [&]() -> Status {
    for (const auto& run : runs) {
      const auto row = row_of_run(*database, run);
      // Whoever writes the run would be left without it; after this nobody can begin to within the
      // transaction.
      if (auto ours = row ? take_over(*database, *row) : Status(row.error()); !ours) {
        return ours.error().within("remove run " + run);
      }
      Query(*database, "DELETE FROM run WHERE id = ?").with(*row).run();
    }
    drop_unused_texts(*database);
    return {};
  });
  if (!removed) {
    return removed;
  }
  // Not worth an error: while another process reads, the space is kept for later runs.
  (void)database->guarded("give space back", [&]() -> Status {
    database->sql().exec("VACUUM");
    database->sql().exec("PRAGMA wal_checkpoint(TRUNCATE)");
    return {};
  });
  return {};
}

}  // namespace assay::store
