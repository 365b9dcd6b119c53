// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/texts.hpp"

#include "base/hash.hpp"
#include "base/packed.hpp"
#include "base/text.hpp"
#include "store/checks.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace assay::store {
namespace {

constexpr std::string_view config_kind = "config";
constexpr std::string_view patch_kind = "patch";
/// Ten large kernels with long series, and little enough for the memory of who reads a stranger's results.
constexpr std::uint64_t most_in_a_run = std::uint64_t{32} << 20U;

std::uint64_t size_of_texts(Database& database, std::int64_t run) {
  Query query(database,
              "SELECT coalesce(sum(t.size), 0) FROM kernel_text AS k JOIN text AS t ON t.sha256 = k.sha256 "
              "WHERE k.run = ?");
  return query.with(run).next() ? query.bits(0) : 0;
}

/// The text's hash. Packed only when the database does not have it.
std::string put_content(Database& database, const std::string& text) {
  auto hash = sha256(text);
  Query known(database, "SELECT 1 FROM text WHERE sha256 = ?");
  if (!known.with(hash).next()) {
    const auto packed = gzipped(text);
    Query(database, "INSERT INTO text (sha256, size, data) VALUES (?, ?, ?)")
        .with(hash, std::uint64_t{text.size()}, Blob{packed})
        .run();
  }
  return hash;
}

std::string content_of(const Query& row, const std::string& variant, std::uint64_t& room) {
  const auto size = row.bits(3);
  if (size > room) {
    refuse("a run has more text of kernels than Assay keeps");
  }
  room -= size;
  auto text = gunzipped(row.bytes(4), size);
  if (!text || sha256(*text) != row.text(2)) {
    refuse(fmt::format("a text of kernel \"{}\" is not what its SHA-256 says", printable(variant)));
  }
  return std::move(*text);
}

}  // namespace

void put_texts(Database& database, std::int64_t run, const std::string& variant, const KernelTexts& texts) {
  Query(database, "DELETE FROM kernel_text WHERE run = ? AND variant = ?").with(run, variant).run();
  auto size = size_of_texts(database, run);
  int position = 0;
  const auto put = [&](std::string_view kind, const std::string& text) {
    if (text.empty() || size + text.size() > most_in_a_run) {
      return;
    }
    size += text.size();
    Query(database, "INSERT INTO kernel_text (run, variant, position, kind, sha256) VALUES (?, ?, ?, ?, ?)")
        .with(run, variant, position++, kind, put_content(database, text))
        .run();
  };
  put(config_kind, texts.config);
  for (const auto& patch : texts.patches) {
    put(patch_kind, patch);
  }
}

std::map<std::string, KernelTexts> read_texts(Database& database, std::int64_t run) {
  std::map<std::string, KernelTexts> kernels;
  auto room = most_in_a_run;
  Query query(database,
              "SELECT k.variant, k.kind, t.sha256, t.size, t.data FROM kernel_text AS k "
              "JOIN kernel AS n ON n.run = k.run AND n.variant = k.variant "
              "LEFT JOIN text AS t ON t.sha256 = k.sha256 WHERE k.run = ? ORDER BY k.variant, k.position");
  for (query.with(run); query.next();) {
    const auto variant = query.text(0);
    const auto kind = query.text(1);
    auto text = content_of(query, variant, room);
    if (kind == config_kind) {
      kernels[variant].config = std::move(text);
    } else if (kind == patch_kind) {
      kernels[variant].patches.push_back(std::move(text));
    } else {
      refuse(fmt::format("a text of kernel \"{}\" is of an unknown kind \"{}\"", printable(variant),
                         printable(kind)));
    }
  }
  return kernels;
}

void drop_unused_texts(Database& database) {
  Query(database, "DELETE FROM text WHERE sha256 NOT IN (SELECT sha256 FROM kernel_text)").run();
}

}  // namespace assay::store
