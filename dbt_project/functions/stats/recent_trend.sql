begin
    return stats.recent_trend_mark(
        stats.recent_trend_chi_square(points, lowers, uppers), points, stats.recent_trend_weights(lowers, uppers)
    );
end;
