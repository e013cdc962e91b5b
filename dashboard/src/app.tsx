import { type ComponentType, lazy, Suspense, useEffect } from "react";
import { Navigate, Route, Routes, useLocation, useNavigate } from "react-router";
import { queries } from "@/api/client";
import { ApiError, signedOut } from "@/api/http";
import { SESSION_KEY, SessionContext, useSessionQuery } from "@/api/session";
import { ready } from "@/loaders";
import { PAGES, type PageEntry } from "@/pages";
import { keptNext, takeNext } from "@/pages/login/next";
import { Shell } from "@/shell/shell";
import { Boundary } from "@/ui/boundary";
import { Loading } from "@/ui/loading";
import { Problem } from "@/ui/problem";

const Login = lazy(() => import("@/pages/login"));
const Model = lazy(() => import("@/pages/models/model"));
const NotFound = lazy(() => import("@/pages/not-found"));
const SHOWN: [PageEntry, ComponentType][] = PAGES.map((page) => [page, lazy(ready(page.load))]);
const pathOf = (page: PageEntry) => (page.group === "gateway" ? `/gateways/:gateway/${page.path}` : `/${page.path}`);

export function App() {
  return (
    <Boundary>
      <Suspense fallback={<Loading isWholePage />}>
        <Routes>
          <Route path="/login" element={<Login />} />
          <Route path="/*" element={<SignedIn />} />
        </Routes>
      </Suspense>
    </Boundary>
  );
}

/** All pages but the one to sign in at. */
function SignedIn() {
  const session = useSessionQuery();
  const navigate = useNavigate();
  const location = useLocation();
  const here = location.pathname + location.search;
  useEffect(() => {
    const leave = () => {
      queries.removeQueries({ queryKey: SESSION_KEY });
      navigate(`/login?next=${encodeURIComponent(here)}`, { replace: true });
    };
    signedOut.addEventListener("signed-out", leave);
    return () => signedOut.removeEventListener("signed-out", leave);
  }, [navigate, here]);
  useWayBack(session.isSuccess);
  if (session.isPending) return <Loading isWholePage />;
  if (session.isError) {
    if (session.error instanceof ApiError && session.error.status === 401) {
      return <Navigate to={`/login?next=${encodeURIComponent(here)}`} replace />;
    }
    return <Problem error={session.error} onRetry={() => session.refetch()} />;
  }
  return (
    <SessionContext value={session.data}>
      <Shell>
        <Boundary key={location.pathname}>
          <Suspense fallback={<Loading />}>
            <Routes>
              {SHOWN.map(([page, Shown]) => (
                <Route key={page.path} path={pathOf(page)} element={<Shown />} />
              ))}
              <Route path="/gateways/:gateway" element={<Navigate to="analytics" replace />} />
              <Route path="/models/*" element={<Model />} />
              <Route path="*" element={<NotFound />} />
            </Routes>
          </Suspense>
        </Boundary>
      </Shell>
    </SessionContext>
  );
}

/** Who signed in at another server comes back to the first page, and goes on to where they were going. */
function useWayBack(isSignedIn: boolean) {
  const { pathname } = useLocation();
  const navigate = useNavigate();
  useEffect(() => {
    if (isSignedIn && pathname === "/" && keptNext()) navigate(takeNext(), { replace: true });
  }, [isSignedIn, pathname, navigate]);
}
